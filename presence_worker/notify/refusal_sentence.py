"""Why a file was refused, in a sentence of ours: of the refusal itself nothing is quoted but settings."""

import re

from ..settings.sections import SECTIONS
from ..wording import series

KINDS = (  # words of a refusal, and what they come to; the first that fits counts
    ("more than safety.max_invalid", "Too many rows are invalid."),
    ("input.max_age allows", "The file is older than input.max_age allows."),
    ("the file is empty", "The file is empty."),
    ("no rows", "The file has no rows."),
    ("no cells", "The file has no rows."),
    ("no such file", "The file does not exist."),
    ("changed while it was read", "The file changed while it was read."),
    ("was replaced while", "The file changed while it was read."),
    ("damaged or cut off", "The file is damaged or cut off."),
    ("with a password", "The file has a password."),
    ("a second header", "The file has a second header."),
    ("merged with", "The sheet has merged cells."),
    ("not used", "The file has data that no setting uses."),
    ("sheet", "The sheet with the rows is not certain."),
    ("not the header", "The header of the file is not certain."),
    ("columns", "The columns of the file are not certain."),
    ("column", "A column of the file is not certain."),
    ("encoding", "The encoding of the file is not certain."),
    ("delimiter", "The delimiter of the file is not certain."),
    ("date", "The dates in the file are not certain."),
    ("days", "The dates in the file are not certain."),
)
OTHERWISE = "The file cannot be read without doubt."
SETTING = re.compile(r"\b(input|safety)\.([a-z_]+)")
LINE = re.compile(r"\bline (\d{1,9})\b")


def sentence_of_refusal(words: str) -> str:
    """Return why a file was refused, by the *words* of the refusal, which may quote the file."""
    sentence = next((meaning for part, meaning in KINDS if part in words), OTHERWISE)
    found = LINE.search(words)
    settings = dict.fromkeys(
        f"{section}.{key}" for section, key in SETTING.findall(words) if key in SECTIONS[section].names()
    )
    more = [f"See line {found[1]}."] if found else []
    more += [f"See {series([*settings], 'and')}."] if settings else []
    return " ".join([sentence, *more])
