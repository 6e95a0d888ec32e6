"""Writes the generated parts of the manual, and the man page, as the code has them now."""

import sys

from tests.manual.generated import pages, regenerated


def main() -> None:
    """Write the files that have changed; print their names."""
    for path in pages():
        text = path.read_text("utf-8")
        new = regenerated(text)
        if new != text:
            path.write_text(new, "utf-8")
            sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
