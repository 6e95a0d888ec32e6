"""`presence-worker`, also as `python -m presence_worker`: it listens to signals before it loads the rest."""

from importlib import import_module

from .signals import note_signals


def main() -> None:
    """Note signals from now on; then load the command line, run it, and leave."""
    note_signals()
    import_module(".cli", __package__).main()


if __name__ == "__main__":
    main()
