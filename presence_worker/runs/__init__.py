"""The runs of earlier nights: looked up, listed, missed and deleted."""
