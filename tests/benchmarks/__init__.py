"""What presence-worker costs: run with `python -m tests.benchmarks`; see README.md beside this file."""
