"""From arguments to exit code: the only place that prints, exits, hears signals or starts a loop."""
