"""`presence-worker`, also as `python -m presence_worker`: it listens to signals before it loads the rest."""

from .cli.signals import note_signals
from .loading import load


def main() -> None:
    """Note signals from now on; then load the command line, run it, and leave."""
    note_signals()
    load(".cli.main:main")()


if __name__ == "__main__":
    main()
