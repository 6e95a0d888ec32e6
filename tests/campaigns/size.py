"""How large campaigns are: small in `.ci/run`, and as large as they should be with CAMPAIGN=long."""

import os

LONG = os.environ.get("CAMPAIGN") == "long"
