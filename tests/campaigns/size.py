"""How large campaigns are: small in `.ci/run`, and as large as they should be with CAMPAIGN=long."""

import os

import pytest

LONG = os.environ.get("CAMPAIGN") == "long"
waits_long = pytest.mark.skipif(not LONG, reason="it waits for a time to be over; CAMPAIGN=long does")
