"""Checking a job without sending it: what would be refused, how it is understood, and what to set."""
