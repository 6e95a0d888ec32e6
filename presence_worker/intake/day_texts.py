"""Texts that name several days at once: "27.11.2026 - 02.12.2026", "24/12, 25/12", "24 to 31 Dec"."""

import re

LONGEST = 200  # characters; a longer text is a comment
_MONTH = r"(?:jan|feb|mar|mär|mrt|maa|apr|ma[ijy]|mei|jun|jul|aug|sep|o[ck]t|nov|de[csz])[^\W\d_]{0,7}\.?"
_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:\d{4}|\d\d)"
_TIME = r"(?:T?[ ]?\d\d:\d\d(?::\d\d)?Z?)?"
_NUMERIC = rf"""(?<!\d)(?:
    \d{{4}}[-./]\d\d[-./]\d\d | (?:19|20)\d{{6}}
    | {_NUMBER}[-./]{_NUMBER}[-./]{_YEAR} | {_NUMBER}[./]{_NUMBER}
){_TIME}(?!\d)"""
_WORDED = rf"""(?<![^\W_])(?:
    {_NUMBER}(?:\.|th|st|nd|rd)?[ ]?{_MONTH}(?:,?[ ]{_YEAR})? | {_MONTH}[ ]{_NUMBER}(?:,?[ ]\d{{4}})?
){_TIME}(?![^\W_])"""
_DAY = re.compile(rf"(?P<numeric>{_NUMERIC})|{_WORDED}", re.IGNORECASE | re.VERBOSE)
_BETWEEN = re.compile(
    r"[-–—/;,&+|\n]|\b(?:to|through|until|till|bis|til|tot|t/m|und|and|og|och|en)\b", re.IGNORECASE
)
_FROM = re.compile(r"(?:from|vom|von|fra|från|van)\b", re.IGNORECASE)
NUMERIC, WORDED = "\ue000", "\ue001"  # in place of a day
_PIECE = re.compile(rf"[{NUMERIC}{WORDED}]?\.?|{_NUMBER}\.?")


def are_days(text: str) -> bool:
    """Whether a text names at least two days, and nothing else."""
    if len(text) > LONGEST or not any(map(str.isdigit, text)):
        return False
    marked = _DAY.sub(lambda found: NUMERIC if found["numeric"] else WORDED, _FROM.sub("", text, count=1))
    pieces = [piece.strip() for piece in _BETWEEN.split(marked)]
    days = [piece for piece in pieces if piece.strip(".")]
    are_known = all(map(_PIECE.fullmatch, pieces)) and len(days) > 1
    return are_known and (WORDED in marked or days[-1].startswith(NUMERIC))  # of 1-2-26-31, nobody knows
