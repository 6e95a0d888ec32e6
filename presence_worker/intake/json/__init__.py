"""JSON: its values one by one, where its rows are, and the fields below them."""
