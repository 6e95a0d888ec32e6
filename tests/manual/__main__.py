"""Writes the generated parts of the manual, the man page and the JSON Schema, as the code has them now."""

import sys
from pathlib import Path

from tests.manual import json_schema
from tests.manual.generated import pages, regenerated
from tests.manual.man_page import PLACE, man_page


def main() -> None:
    """Write the files that have changed; print their names."""
    for path in pages():
        write(path, regenerated(path.read_text("utf-8")))
    write(PLACE, man_page())
    write(json_schema.PLACE, json_schema.summary_schema())


def write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
