"""The life of a run; its modules are imported by name, so that a command loads only what it needs."""
