"""The tests. This file is loaded before any of them, and before conftest.py loads what they use."""

import sys

sys.dont_write_bytecode = False  # else each worker and each command compiles everything anew
