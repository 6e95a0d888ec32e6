"""What campaigns share: the surroundings of tests/run."""

from tests.run.given import own_surroundings

__all__ = ["own_surroundings"]
