"""The fixtures of these tests are those of tests/run."""

from tests.run.given import own_surroundings, sandbox, worker, worker_on

__all__ = ["own_surroundings", "sandbox", "worker", "worker_on"]
