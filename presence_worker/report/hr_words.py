"""What HR reads about wrong rows and files: plain words, without values, settings or codes."""

import re
from typing import NamedTuple

from ..model import MAX_MESSAGE_LENGTH, Reason


class RowCorrection(NamedTuple):
    """What is wrong, and how HR corrects it; {name} is what the file calls people by."""

    what: str
    how: str


NAMES = {"login": "login", "email": "e-mail address"}  # by the identity of a job; else it has associate IDs
ID = "associate ID"
CORRECTIONS: dict[str, RowCorrection] = {  # by reason; without one, HR can do nothing
    Reason.BAD_ASSOCIATE_ID: RowCorrection(
        "the {name} is missing, or it is not a number.", "Write the {name} as a whole number."
    ),
    Reason.UNKNOWN_ASSOCIATE: RowCorrection(
        "no user has this {name}.",
        "Correct the {name}. Remove the row if the person does not use SuperOffice.",
    ),
    Reason.NO_IDENTITY: RowCorrection("the {name} is missing or wrong.", "Write the {name} in full."),
    Reason.UNKNOWN_IDENTITY: RowCorrection(
        "no user has this {name}.",
        "Correct the {name}. Remove the row if the person does not use SuperOffice.",
    ),
    Reason.UNKNOWN_STATUS: RowCorrection(
        "we do not know the word for the status.", "Correct the word, or explain to us what it means."
    ),
    Reason.STATUS_NOT_ALLOWED: RowCorrection(
        "this status is not allowed.", "Write another status, or ask us which ones are allowed."
    ),
    Reason.BAD_MESSAGE: RowCorrection(
        "the comment cannot be used.", "Write the comment as plain text, or leave it empty."
    ),
    Reason.MESSAGE_TOO_LONG: RowCorrection(
        "the comment is too long.", f"Shorten the comment to {MAX_MESSAGE_LENGTH} characters."
    ),
    Reason.CONTROL_CHARACTERS: RowCorrection(
        "the comment has an invisible character that is not allowed.", "Delete the comment and type it again."
    ),
    Reason.RAGGED_ROW: RowCorrection(
        "the row has more or fewer cells than the first line of the file.",
        "Check the row. A comma or semicolon inside a text is a frequent cause.",
    ),
    Reason.CONFLICT: RowCorrection(
        "two or more of these rows ask for different things for one person.",
        "For each person, keep the row that is right, and remove the others.",
    ),
    Reason.BAD_DATE: RowCorrection(
        "a date is wrong, or it can mean two different days.",
        "Correct the dates. If they are right, write to us how the file writes dates.",
    ),
    Reason.FORMULA_WITHOUT_VALUE: RowCorrection(
        "a cell has a formula without a result.", "Open the file in Excel, save it, and check the cell."
    ),
}


class Refusal(NamedTuple):
    """A part of the words of a refusal, why the file cannot be used, and what HR does."""

    part: str
    why: str
    how: str


EXPORT = "Please export the file again, and send it."
REFUSALS = (  # the first that fits counts
    Refusal("safety.max_invalid", "Too many rows are wrong.", ""),  # they are named
    Refusal("input.max_age", "The file is too old.", EXPORT),
    Refusal("the file is empty", "The file is empty.", EXPORT),
    Refusal("only empty lines", "The file is empty.", EXPORT),
    Refusal("no rows", "The file has no rows.", EXPORT),
    Refusal("no cells", "The file has no rows.", EXPORT),
    Refusal("does not exist", "We found no file.", "Please send the file."),
    Refusal("while it was", "The file was not complete yet.", "Please wait. We read the file again."),
    Refusal("damaged", "The file is damaged, or a part of it is missing.", EXPORT),
    Refusal("ends too early", "The file is damaged, or a part of it is missing.", EXPORT),
    Refusal(
        "with a password", "The file has a password.", "Please save it without a password, and send it again."
    ),
    Refusal(
        "hidden",
        "The sheet has hidden rows.",
        "Please show all rows, delete those that are not needed, and send the file again.",
    ),
    Refusal(
        "merged with",
        "The sheet has merged cells.",
        "Please unmerge the cells, and send the file again.",
    ),
    Refusal(
        "a second header",
        "The names of the columns stand in the file twice.",
        "Please send each list in a file of its own.",
    ),
    Refusal("no column for people", "No column says which person a row is about.", EXPORT),
)
FOR_ADMINISTRATOR = Refusal(
    "",
    "We cannot be sure how to read the file.",
    "Our administrator checks it first. You do not need to do anything now.",
)
LINE = re.compile(r"\bline (\d{1,9})\b")


def correction_of(reason: str | None, identity: str | None) -> RowCorrection | None:
    """Return how HR corrects a row with a reason; None where HR can do nothing."""
    found = CORRECTIONS.get(reason or "")
    name = NAMES.get(identity or "", ID)
    return found and RowCorrection(found.what.format(name=name), found.how.format(name=name))


def refusal_of(words: str) -> Refusal:
    """Return what HR reads about a file that was refused in these *words*, of which nothing is quoted."""
    return next((each for each in REFUSALS if each.part in words), FOR_ADMINISTRATOR)
