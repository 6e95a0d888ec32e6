"""How a job was understood: its columns, its first rows as they would be sent, and the settings to keep."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import orjson

from ..errors import InputRefused, JobFacts, Way
from ..intake.columns import FOREIGN_NUMBERS, IDENTITIES, column_setting, find_columns
from ..intake.dates import NoDay, date_reader
from ..intake.day_reader import PeriodReader
from ..intake.spelling import plain
from ..intake.table import Cell, is_error, text_of
from ..journal import JobInput, Journal, RowResult
from ..message_template import columns_in
from ..model import PRESENT, Reason, Result
from ..report.reason_texts import RESULTS
from ..report.summary import ExplainedColumn, ExplainedRow, Explanation
from ..sanitize import fold_name
from ..settings import Input, Settings
from .questions import Attempt, Places, Reading, answer_all, find_missing, is_first_day_back, is_unclear
from .suggested_config import config_lines

ROWS = 5  # shown
WRONG = 1000  # rows read to find out how days are written
NOT_USED = "not used"
STRANGE = f"{NOT_USED}: probably not the associate ID of SuperOffice"
UNCLEAR = "not certain: another column can also be it"
MEANINGS = {
    **IDENTITIES,
    "status": "status",
    "message": "comment",
    "from": "first day",
    "until": "last day",
}


def explain(reading: Reading, settings: Settings, journal: Journal, attempt: Attempt | None) -> Explanation:
    """Return how a job was understood, and the settings to keep.

    *attempt* reads the job with other settings; None for one that can be read only once.
    """
    facts, names, places = reading.facts, reading.names, reading.places
    answered = answer_all(reading, settings, attempt)
    still = answered.reading.refused
    return Explanation(
        format=facts.format,
        sheet=facts.sheet,
        rows_path=facts.rows_path,
        delimiter=facts.delimiter,
        encoding=facts.encoding,
        header=facts.header,
        columns=[*_columns(names, places, settings.input)],
        missing=find_missing(places, settings.input) if names else [],
        rows=[*_rows([*islice(journal.results.all(), ROWS)], settings)],
        configuration="\n".join(config_lines(settings.input, answered)),
        still_refused=str(still) if still else None,
    )


def find_reading(journal: Journal, refused: InputRefused | None, config: Input) -> Reading:
    """Return how a job was read that is in a journal, as far as it could be before it was *refused*."""
    job = journal.run().input
    facts = refused.facts.beside(_facts(job)) if refused else _facts(job)
    reading = Reading(config=config, facts=facts, unmapped=job.unmapped, refused=refused)
    whole = (fate for fate in journal.results.all(Result.INVALID) if fate.reason != Reason.RAGGED_ROW)
    rows = [*islice(whole, WRONG)]
    return _with_rows(reading, rows) if rows else reading


def _with_rows(reading: Reading, rows: Sequence[RowResult]) -> Reading:
    """Read the rows that are wrong once more, for what their days and statuses ask."""
    config, names = reading.config, reading.names
    columns = find_columns(names, config, "")
    read, periods = date_reader(config), PeriodReader(columns, config)
    texts: dict[str, None] = {}  # each once, in order
    settings: list[Way] = []
    lacks_statuses = False
    for fate in rows:
        cells = orjson.loads(fate.cells)
        days = _text(cells, columns.starts), _text(cells, columns.ends)
        texts |= dict.fromkeys(days)
        if fate.reason != Reason.FORMULA_WITHOUT_VALUE:  # its days were not judged
            settings += periods.read(days, quoted=True).settings
        is_unknown = fate.reason == Reason.UNKNOWN_STATUS
        lacks_statuses |= is_unknown and _text(cells, columns.status) in ("", *config.empty)
    given = [text for text in texts if text and text not in config.empty and not is_error(text)]
    strange = [text for text in given if isinstance(read(text), NoDay)]
    return replace(reading, texts=strange, settings=settings, lacks_statuses=lacks_statuses)


def _text(cells: Sequence[Cell], place: int | None) -> str:
    return "" if place is None or place >= len(cells) else text_of(cells[place])


def _facts(job: JobInput) -> JobFacts:
    return JobFacts(
        format=job.format,
        sheet=job.sheet,
        rows_path=job.rows_path,
        delimiter=job.delimiter,
        encoding=job.encoding,
        header=job.header,
        columns=job.columns,
    )


def _columns(names: Sequence[str], places: Places, config: Input) -> Iterator[ExplainedColumn]:
    keys = {place: key for key, found in places.items() for place in found}
    back = config.until_means == "first_day_back" if config.until_means else is_first_day_back(names, places)
    meanings = MEANINGS | ({"until": "first day back"} if back else {})
    others = _in_passing(config)
    for place, name in enumerate(names):
        if key := keys.get(place):
            why = f"as input.{key} says" if column_setting(config, key) else "usual name"
            why = UNCLEAR if is_unclear(key, places) else why
            yield ExplainedColumn(name=name, meaning=meanings[key], why=why)
        else:
            strange = (None, STRANGE if plain(name) in FOREIGN_NUMBERS else NOT_USED)
            meaning, why = others.get(plain(name), strange)
            yield ExplainedColumn(name=name, meaning=meaning, why=why)


def _in_passing(config: Input) -> dict[str, tuple[str | None, str]]:
    """Return the columns that settings name beside their main ones, with their meaning, and why."""
    found: dict[str, tuple[str | None, str]] = {}
    found |= {plain(name): (None, f"{NOT_USED}, as input.unused says") for name in config.unused}
    template = ("part of the comment", "as input.message_template says")
    found |= {plain(name): template for name in columns_in(config.message_template)}
    return found | {plain(name): ("which rows count", "as input.only says") for name in config.only}


def _rows(fates: Sequence[RowResult], settings: Settings) -> Iterator[ExplainedRow]:
    wanted = Counter(_person(fate) for fate in fates if fate.result != Result.INVALID)
    for fate in fates:
        yield ExplainedRow(
            row=fate.row,
            line=fate.line,
            associate_id=fate.associate_id,
            identity=fate.identity,
            status=fate.status,
            message_length=len(fate.message),
            message=fate.message if settings.report.include_messages else None,
            starts=fate.starts,
            ends=fate.ends,
            result=fate.result,
            today=_today(fate, alone=wanted[_person(fate)] == 1),
        )


def _person(fate: RowResult) -> int | str | None:
    return fate.associate_id or fold_name(fate.identity or "")


def _today(fate: RowResult, *, alone: bool) -> str:
    """Return the result of a row today; a return only where it is *alone*: others decide when it ends."""
    if fate.result != Result.NOT_SENT:
        return fate.detail or RESULTS[Result(fate.result)]
    returns = alone and fate.ends and fate.status != PRESENT
    return f"sent, and {PRESENT} again after {fate.ends}" if returns else "sent"
