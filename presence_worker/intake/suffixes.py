"""What the name of a file says of its content, where that is not so."""

from pathlib import Path

from .table import Source

KINDS = {  # ending: what people expect behind it
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".gz": "gzip",
    ".zst": "zstd",
    ".zip": "zip",
}
ALIKE = ({"json", "jsonl"},)  # nobody need be told of these


def misnamed(source: Source, kind: str) -> list[str]:
    """Say that a file has another content than its name says; the content counts."""
    path, packing = Path(source.name), (source.packing or "").lower()
    said = KINDS.get(path.suffix.lower())
    found = packing or kind
    if packing and said == packing:
        said, found = KINDS.get(Path(path.stem).suffix.lower()), kind
    if said in (None, found) or {said, found} in ALIKE:
        return []
    return [f"the name of the file says {said}, but its content is {found}: read as that"]
