"""`python -m presence_worker` is `presence-worker`."""

from .cli import main

if __name__ == "__main__":
    main()
