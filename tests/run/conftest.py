"""The fixtures of these tests; those in tests/cli begin with the same."""

from .given import on, own_surroundings, sandbox, worker, worker_on

__all__ = ["on", "own_surroundings", "sandbox", "worker", "worker_on"]
