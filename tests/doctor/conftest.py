"""The fixtures of these tests: those of tests/run, and a doctor beside them."""

from .given import doctor, own_surroundings, sandbox, worker, worker_on

__all__ = ["doctor", "own_surroundings", "sandbox", "worker", "worker_on"]
