"""The first page: one sentence, what waits for a person, what works now, the queue, and the last nights."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from aiohttp import web
from markupsafe import Markup

from ...clock import LocalClock, local_time
from ...errors import ExitCode
from ...report.charts import MARKS, kind, stack_bar
from ...report.page_sections import SENTENCE_END, show_sentences
from ...report.pieces import NOTHING
from ...report.run_list import day_and_time
from ...run_states import JobWay, State
from ...sanitize import clean
from ...wording import amount, as_sentence, figure
from ..job_views import JobView
from ..live_run import LiveRun
from ..live_words import progress_words
from ..run_views import SeenRun
from ..turns import TargetPause
from .act import show_changes_and_button
from .frame import Reader, fill, show_page
from .morning import Morning, ShownRun
from .verdict import LostJobs, say_how_it_is

MOST_CHANGES = 100  # of a run; its own page has more
MOST_JOBS = 20  # that wait
SHORT = 24  # characters of a first sentence to which the second one belongs
NAME = 80  # characters of a file's name
WAYS = {
    JobWay.HTTP: "by HTTP",
    JobWay.INBOX: "from a folder",
    JobWay.SCHEDULE: "by schedule",
    JobWay.COMMAND: "by a command",
}
NO_FILE, NO_NAME = "rows that are due", "a file without a name"


def show_first_page(morning: Morning, reader: Reader) -> web.Response:
    """Return the page."""
    pauses = {target: str(pause.trouble) for target, pause in morning.pauses.items()}
    said = say_how_it_is(
        morning.states,
        morning.trouble,
        pauses,
        len(morning.live),
        lost=LostJobs(len(morning.lost), morning.unreadable),
        has_old_settings=morning.problem is not None,
    )
    several = len(morning.states) > 1
    now = datetime.now(UTC).isoformat()
    body = fill(
        "first_page",
        verdict=show_sentences(" ".join(said)),
        now=when(now, morning.zone),
        place=LocalClock.at(now, morning.zone).place,
        waiting=_show_waiting(morning, reader),
        live=show_live(morning.live, morning.zone, reader),
        queue=_show_queue(morning.queue, morning.zone),
        nights=_show_nights(morning.nights, morning.zone, has_targets=several),
    )
    return show_page(f"{said[0]} presence-worker", body, reader)


def when(moment: str | None, zone: str | None) -> str:
    """Return a moment for people; "" for none."""
    return day_and_time(local_time(datetime.fromisoformat(moment), zone)) if moment else ""


def _show_waiting(morning: Morning, reader: Reader) -> Markup:
    pauses = [_show_pause(*each, morning.zone) for each in morning.pauses.items()]
    cards = [_show_card(each, morning.zone, reader) for each in morning.waiting]
    lost = [_show_lost(each, morning.zone) for each in morning.lost]
    all_cards = [*_show_problem(morning, reader), *pauses, *lost, *cards]
    return fill("waiting", cards=NOTHING.join(all_cards)) if all_cards else NOTHING


def _show_problem(morning: Morning, reader: Reader) -> Iterator[Markup]:
    """Yield what is wrong with the common file, for those who decide; it may name targets of others."""
    if morning.problem and reader.may_approve:
        yield fill("problem_of_file", words=as_sentence(morning.problem))


def _show_lost(job: JobView, zone: str | None) -> Markup:
    names = (when(job.submitted_at, zone), name_job(job), clean(job.label or "", NAME))
    about = NOTHING.join(fill("part", words=each) for each in names if each)
    return fill("lost", job=job.job, name=job.target, about=about, words=job.headline)


def _show_pause(target: str, pause: TargetPause, zone: str | None) -> Markup:
    return fill("pause", name=target, since=when(pause.since, zone), words=as_sentence(pause.words))


def _show_card(shown: ShownRun, zone: str | None, reader: Reader) -> Markup:
    listed = shown.run.listed
    return fill(
        "card",
        run=shown.run.id,
        seen=shown.run.etag,
        name=shown.run.target or shown.run.id,
        about=about(shown.run, zone),
        words=show_sentences(listed.message),
        act=show_changes_and_button(shown, reader, most=MOST_CHANGES),
    )


def about(run: SeenRun, zone: str | None) -> Markup:
    """Return when a run began, its file and its label."""
    listed = run.listed
    name = clean(listed.input_name.replace("\\", "/").rpartition("/")[2], NAME)
    began = when(listed.started_at or listed.created_at or None, zone)
    parts = dict.fromkeys((began, name, clean(listed.label, NAME)))  # a folder's label is the file's name
    return NOTHING.join(fill("part", words=part) for part in parts if part)


def show_live(runs: Sequence[LiveRun], zone: str | None, reader: Reader) -> Markup:
    """Return the runs at work, each with its bar, its pace, and the button that stops it."""
    cards = [_show_bar(run, zone, reader) for run in runs]
    return fill("live", cards=NOTHING.join(cards)) if cards else NOTHING


def _show_bar(run: LiveRun, zone: str | None, reader: Reader) -> Markup:
    stop = fill("stop", run=run.run_id, token=reader.form_token) if run.run_id and reader.may_approve else ""
    return fill(
        "bar",
        job=run.job_id,
        name=fill("link", to=f"/runs/{run.run_id}" if run.run_id else f"/jobs/{run.job_id}", name=run.target),
        command=run.command,
        began=when(run.began_at or None, zone),
        done=run.done,
        total=run.total or 1,
        words=progress_words(run, zone),
        stop=NOTHING if run.is_stopping else stop,
    )


def _show_queue(jobs: Sequence[JobView], zone: str | None) -> Markup:
    if not jobs:
        return NOTHING
    rows = [_show_job(job, zone) for job in jobs[:MOST_JOBS]]
    left = len(jobs) - len(rows)
    more = fill("more_jobs", number=figure(left)) if left else NOTHING
    return fill("queue", number=amount(len(jobs), "job"), rows=NOTHING.join(rows), more=more)


def _show_job(job: JobView, zone: str | None) -> Markup:
    return fill(
        "job_row",
        job=job.job,
        name=name_job(job),
        label=fill("small", words=clean(job.label, NAME))
        if job.label not in (None, job.file_name)
        else NOTHING,
        position=job.position,
        target=job.target,
        command=job.command,
        origin=origin_words(job.way, job.by),
        since=when(job.submitted_at, zone),
    )


def name_job(job: JobView) -> str:
    """Return what a job is about: its file, the run that it works on, or what is due."""
    nothing = NO_FILE if job.way == JobWay.SCHEDULE else NO_NAME
    return clean(job.file_name or job.run_id or nothing, NAME)


def origin_words(way: str, by: str | None) -> str:
    """Return how a job came in."""
    words = WAYS[JobWay(way)]
    name = (by or "").replace("\\", "/").rpartition("/")[2]  # of a folder, not the way to it
    return f"{words}, {clean(name, NAME)}" if name and way != JobWay.SCHEDULE else words


def _show_nights(runs: Sequence[SeenRun], zone: str | None, *, has_targets: bool) -> Markup:
    if not runs:
        return NOTHING
    head = fill("head_of_targets") if has_targets else NOTHING
    rows = [_show_night(run, zone, has_targets=has_targets) for run in runs]
    return fill("nights", head=head, rows=NOTHING.join(rows))


def _show_night(run: SeenRun, zone: str | None, *, has_targets: bool) -> Markup:
    listed = run.listed
    looks = _kind_of(run)
    return fill(
        "night",
        run=run.id,
        began=when(listed.started_at or listed.created_at or None, zone) or run.id,
        target=fill("target", name=run.target) if has_targets else NOTHING,
        kind=looks,
        mark=MARKS[looks],
        state=listed.state_and_ending,
        message=split_message(listed.message)[0],
        bar=small_bar(run),
        open=figure(listed.open) if listed.open else "",
    )


def _kind_of(run: SeenRun) -> str:
    listed = run.listed
    if run.is_live or listed.state in (State.RUNNING, State.PLANNED):
        return "open"
    return "done" if listed.exit_code == ExitCode.DONE or not listed.needs_action else "trouble"


def small_bar(run: SeenRun) -> Markup:
    """Return the results of a run as a small picture; the words beside it say the same."""
    counts = run.listed.summary.counts if run.listed.summary else {}
    segments = [
        fill("segment", start=each.start, width=each.width, kind=kind(each.name))
        for each in stack_bar([(name, number) for name, number in counts.items() if number])
    ]
    return fill("small_bar", segments=NOTHING.join(segments)) if segments else NOTHING


def split_message(message: str) -> tuple[str, str]:
    """Return how a run went, for a heading, and the other sentences."""
    first, *others = SENTENCE_END.split(message)
    if others and len(first) <= SHORT:
        first = f"{first} {others.pop(0)}"
    return first, " ".join(others)
