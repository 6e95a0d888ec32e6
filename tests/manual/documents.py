"""README and the pages of the manual as tests read them: blocks, tables, headings and links."""

import re
from pathlib import Path
from typing import NamedTuple

import presence_worker

ROOT = Path(__file__).parents[2]
FOLDER = Path(presence_worker.__file__).parent / "manual"
README = ROOT / "README.md"
DOCUMENTS = {"README": README, **{path.stem: path for path in sorted(FOLDER.glob("*.md"))}}
TEXTS = {name: path.read_text("utf-8") for name, path in DOCUMENTS.items()}
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code."""

    kind: str
    text: str  # without the indentation of its list


def blocks(name: str, *kinds: str) -> list[Block]:
    """Give the blocks of a document, of these kinds if any are named."""
    found = [
        Block(kind, re.sub(f"^{indent}", "", text, flags=re.MULTILINE))
        for indent, kind, text in _BLOCK.findall(TEXTS[name])
    ]
    return [block for block in found if not kinds or block.kind in kinds]


def prose(name: str) -> str:
    """Give a document without its blocks of code."""
    return _BLOCK.sub("", TEXTS[name])


def table(name: str, heading: str) -> list[list[str]]:
    """Give the rows of the table of a document whose header begins with *heading*, cell by cell."""
    start = TEXTS[name].index(f"\n| {heading} |")
    lines = TEXTS[name][start + 1 :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]
