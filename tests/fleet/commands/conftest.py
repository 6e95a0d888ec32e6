"""The fixtures of these tests are also those of tests/run."""

from tests.run.given import own_surroundings, sandbox

__all__ = ["own_surroundings", "sandbox"]
