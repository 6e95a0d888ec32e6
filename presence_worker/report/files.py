"""The report files of a run, each whole or not there at all, written in one pass over its rows."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import orjson

from ..errors import Stopped
from ..journal import Journal, open_beside, put_in_place, sync_directory, write_whole
from ..json_form import to_json
from ..sanitize import escape_json
from .fault_sentences import sentences
from .page import page
from .row_files import (
    Story,
    Writer,
    fields_of,
    json_lines,
    rows_not_sent,
    rows_that_need_attention,
    table,
)
from .run_list import Corrected, correct
from .summarise import changes_to_apply, list_planned_absences, summarise
from .summary import Summary

WRITERS: dict[str, Callable[[Story], Writer]] = {
    "report.jsonl": json_lines,
    "report.csv": table,
    "report.html": page,
    "failed.csv": rows_that_need_attention,
    "unprocessed.csv": rows_not_sent,
}
ONLY_WITH_ROWS = ("failed.csv", "unprocessed.csv")
SUMMARY = "summary.json"


def write_reports(folder: Path, journal: Journal, corrected: Corrected | None = None) -> Summary:
    """Write all files of the run into *folder* and return its summary; raise Stopped where that fails.

    Later runs may have *corrected* it.
    """
    story = story_of(journal, corrected)
    try:
        files = _write_row_files(folder, story)
        summary = replace(story.summary, files=files | {SUMMARY: str(folder / SUMMARY)})
        write_whole(folder / SUMMARY, lambda file: bool(file.write(summary_bytes(summary))))
        sync_directory(folder)  # the files are on disk by now, their names are not
    except OSError as error:
        words = f"the report in {folder} cannot be written: {error.strerror}"
        raise Stopped(f"{words}; make room, then write it with `presence-worker report`") from error
    return summary


def story_of(journal: Journal, corrected: Corrected | None = None) -> Story:
    """Return what all files of a run show; no file is named yet."""
    summary = replace(
        correct(summarise(journal), corrected),
        planned=changes_to_apply(journal),
        coming=list_planned_absences(journal),
        sentences=sentences(journal),
    )
    return Story(journal, journal.run(), summary)


def files_of(folder: Path) -> dict[str, str]:
    """Return the paths of the files of a run that are there, by name."""
    try:
        there = {path.name for path in folder.iterdir()}
    except OSError:
        there = set()
    return {name: str(folder / name) for name in (*WRITERS, SUMMARY) if name in there}


def summary_bytes(summary: Summary) -> bytes:
    """Return a summary as summary.json holds it."""
    text = orjson.dumps(to_json(summary), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return escape_json(text).encode()


def _write_row_files(folder: Path, story: Story) -> dict[str, str]:
    """Write the files that have rows; return the paths of those that are there, by name.

    Each row is read once, and goes to all of them. They are written side by side, and take their places when
    all are whole.
    """
    with ExitStack() as beside:
        files = {name: beside.enter_context(open_beside(folder / name)) for name in WRITERS}
        writers = {name: make(story) for name, make in WRITERS.items()}
        wanted = {*WRITERS} - {*ONLY_WITH_ROWS}
        for name, writer in writers.items():
            files[name].write(writer.begin)
        for rows in story.journal.results.pages(fields_of(story.run)):
            for name, writer in writers.items():
                if text := writer.add(rows):
                    files[name].write(text)
                    wanted.add(name)
        for name, writer in writers.items():
            files[name].write(writer.end())
            put_in_place(files[name], folder / name, wanted=name in wanted)
    return {name: str(folder / name) for name in WRITERS if name in wanted}
