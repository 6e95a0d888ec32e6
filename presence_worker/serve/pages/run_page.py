"""The page of a run: how it went, what waits in it with the button, and where all of it can be read."""

from collections.abc import Iterable, Iterator

from aiohttp import web
from markupsafe import Markup

from ...model import Result
from ...next_step import command_line
from ...report.page_sections import show_results, show_sentences
from ...report.pieces import NOTHING, Value, keep_options_whole
from ...report.reason_texts import OWNERS, is_trouble, owner_of, reason_words
from ...report.summary import ReasonCount
from ...run_states import JobCommand, State
from ...wording import amount, plain_duration
from ..live_run import LiveRun
from ..run_views import SeenRun
from .act import count_changes, show_button, show_buttons, show_changes
from .first_page import about, origin_words, show_live, split_message, when
from .frame import Reader, fill, show_page
from .morning import ShownRun

AT_WORK = "At work now."
UNDO = "Undo the changes"
FILES = {  # what each is for
    "report.html": "the whole report, with each row",
    "report.csv": "all rows, for a spreadsheet",
    "failed.csv": "the rows to correct, to be sent again",
    "unprocessed.csv": "the rows that were not sent",
}


def show_run_page(shown: ShownRun, live: Iterable[LiveRun], zone: str | None, reader: Reader) -> web.Response:
    """Return the page."""
    run, listed = shown.run, shown.run.listed
    here = [each for each in live if each.run_id == run.id]
    said, more = (AT_WORK, "") if here else split_message(listed.message or listed.state)
    body = fill(
        "run_page",
        name=run.target,
        about=about(run, zone),
        verdict=show_sentences(said),
        more=fill("message", words=show_sentences(more)) if more else NOTHING,
        live=show_live(here, zone, reader),
        act=NOTHING if here else _show_acts(shown, reader),
        files=_show_files(shown),
        results=NOTHING if here else _show_results(run),
        troubles=NOTHING if here or listed.undone_by else _show_troubles(run),
        facts=_show_facts(run, zone),
        undo=NOTHING if here else _show_undo(shown, reader),
    )
    return show_page(f"{said} {run.target}", body, reader)


def _show_results(run: SeenRun) -> Markup:
    """Return the results as they are on disk; while the run is at work, only its bar is up to date."""
    summary = run.listed.summary
    counts = {Result(name): number for name, number in summary.counts.items()} if summary else {}
    return show_results(counts, run.listed.state, rows_at=f"{_address(run, 'report.html')}#rows")


def _address(run: SeenRun, name: str) -> str:
    return f"/api/v1/runs/{run.id}/{name}"


def _show_acts(shown: ShownRun, reader: Reader) -> Markup:
    """Return what waits, the button, and the command that does the same."""
    act = show_buttons(shown, reader)
    if not (act or count_changes(shown.planned)):
        return NOTHING
    if _may_go_either_way(shown):
        act += fill("or_undo", button=show_button(shown, JobCommand.UNDO, UNDO, reader))
    return fill(
        "acts", run=shown.run.id, seen=shown.run.etag, changes=show_changes(shown.planned), buttons=act
    )


def _may_go_either_way(shown: ShownRun) -> bool:
    """Return whether a run that stopped can go on, or be undone: the file may be the wrong one."""
    return {JobCommand.RESUME, JobCommand.UNDO} <= {*shown.actions}


def _show_undo(shown: ShownRun, reader: Reader) -> Markup:
    if JobCommand.UNDO not in shown.actions or _may_go_either_way(shown):
        return NOTHING
    button = show_button(shown, JobCommand.UNDO, UNDO, reader)
    return fill("undo", run=shown.run.id, seen=shown.run.etag, button=button)


def _show_files(shown: ShownRun) -> Markup:
    files = shown.form.get("files")
    links = [
        fill("file", address=_address(shown.run, name), name=name, words=words)
        for name, words in FILES.items()
        if isinstance(files, dict) and name in files
    ]
    return fill("files", links=NOTHING.join(links)) if links else NOTHING


def _show_troubles(run: SeenRun) -> Markup:
    """Return what needs attention, by who must act."""
    state = run.listed.state
    found = [each for each in _reasons(run) if is_trouble(each.result, state)]
    owners = []
    for who, has in OWNERS.items():
        steps = [_step(each, state) for each in found if owner_of(each.reason, each.result) is who]
        if steps:
            owners.append(
                fill("owner", who=f"{who[:1].upper()}{who[1:]}", has=has, steps=NOTHING.join(steps))
            )
    return fill("troubles", owners=NOTHING.join(owners)) if owners else NOTHING


def _reasons(run: SeenRun) -> Iterator[ReasonCount]:
    summary = run.listed.summary
    if summary and not summary.is_handed_on:
        yield from summary.reasons


def _step(each: ReasonCount, state: str) -> Markup:
    words = reason_words(each.reason, each.result, state)
    return fill("step", rows=amount(each.rows, "row"), what=words.what, remedy=words.remedy)


def _show_facts(run: SeenRun, zone: str | None) -> Markup:
    facts = [fill("fact", name=name, value=value) for name, value in _facts(run, zone)]
    return fill("facts", facts=NOTHING.join(facts))


def _facts(run: SeenRun, zone: str | None) -> Iterator[tuple[str, Value]]:
    listed = run.listed
    yield "Run", fill("code", words=run.id)
    code = "" if listed.exit_code is None else f", exit code {listed.exit_code}"
    yield "State", f"{listed.state}{code}"
    if listed.started_at:
        yield "Began", when(listed.started_at, zone)
    if listed.seconds:
        yield "Worked for", plain_duration(listed.seconds)
    for job in run.jobs:
        yield (
            "Approved" if job.command == JobCommand.APPLY else "Asked for",
            fill("job_of_run", job=job.id, command=job.command, origin=origin_words(job.way, job.by)),
        )
    if listed.next and listed.state != State.RUNNING:
        yield "Next command", fill("code", words=keep_options_whole(command_line(listed.next)))
