"""What happens, as server-sent events: the state, the progress of each run, and how each one ended."""

import anyio
import orjson
import structlog
from aiohttp import web

from ...errors import DatabaseAway, StateFault
from ...json_form import Json, json_object
from ...threads import work_in_thread
from ..job_views import view_jobs
from ..live_run import LiveRun
from ..live_runs import LiveEvent
from ..live_words import progress_words
from .route import Call

QUIET = 15.0  # seconds after which a comment keeps the connection open
LEAST = 1.0  # seconds between two states
MOST_ENDED = 100  # that wait for a slow watcher
COMMENT = b": still here\n\n"
STREAMS = web.AppKey("streams", anyio.Event)  # is set when all streams must end
log = structlog.get_logger()
EVENTS = "text/event-stream"
HEADERS = {"Content-Type": f"{EVENTS}; charset=utf-8", "X-Accel-Buffering": "no"}


class Mailbox:
    """Owns what a watcher has not read yet; of a slow one, older progress is dropped."""

    def __init__(self) -> None:
        self.has_news = anyio.Event()
        self.wants_state = False  # the first event that is heard is one of the state
        self._progress: dict[str, LiveRun] = {}
        self._ended: list[LiveRun] = []

    def put(self, event: LiveEvent) -> None:
        """Add what has happened."""
        if event.run is None or event.kind == "state":
            self.wants_state = True
        elif event.kind == "progress":
            self._progress[event.run.job_id] = event.run
        else:
            self._progress.pop(event.run.job_id, None)
            self._ended = [*self._ended[-MOST_ENDED:], event.run]
            self.wants_state = True
        self.has_news.set()

    def take(self) -> list[tuple[str, LiveRun]]:
        """Return the runs that went on or ended, and forget them."""
        self.has_news = anyio.Event()
        found = [("progress", run) for run in self._progress.values()]
        found += [("ended", run) for run in self._ended]
        self._progress, self._ended = {}, []
        return found


class EventStream:
    """Owns a connection over which a watcher hears what happens."""

    def __init__(self, call: Call, response: web.StreamResponse) -> None:
        self._call = call
        self._response = response
        self._mailbox = Mailbox()
        self._zone = call.service.targets.loaded.common.settings.input.timezone
        self._stated_at = -LEAST

    async def run(self) -> None:
        """Send what happens until the watcher goes, may no longer watch, or the service ends."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen)
            tasks.start_soon(self._end_with_service, tasks.cancel_scope)
            while self._call.is_still_in():
                await self._send_news()
                await self._wait_for_news()
            tasks.cancel_scope.cancel()

    async def _listen(self) -> None:
        async for event in self._call.service.live.watch():
            target = event.run.target if event.run else event.target
            if target is None or self._call.caller.may_use(target):
                self._mailbox.put(event)

    async def _end_with_service(self, scope: anyio.CancelScope) -> None:
        await self._call.request.app[STREAMS].wait()
        scope.cancel()

    async def _send_news(self) -> None:
        for kind, run in self._mailbox.take():
            await self._send(kind, view_live_run(run, self._zone))
        if self._mailbox.wants_state:
            self._mailbox.wants_state = False
            self._stated_at = anyio.current_time()
            await self._send("state", await work_in_thread(read_state, self._call))

    async def _wait_for_news(self) -> None:
        """Wait until there is something to send, and a while after the last state; else send a comment."""
        with anyio.move_on_after(QUIET) as waiting:
            await self._mailbox.has_news.wait()
        if waiting.cancelled_caught:
            await self._response.write(COMMENT)
        elif self._mailbox.wants_state:
            await anyio.sleep_until(self._stated_at + LEAST)

    async def _send(self, kind: str, form: Json) -> None:
        await self._response.write(b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(form)))


def view_live_run(run: LiveRun, zone: str | None) -> dict[str, Json]:
    """Return a run at work by the keys of its event; its *words* are for people."""
    results = {str(result): rows for result, rows in run.results.items()}
    words = progress_words(run, zone)
    return {**json_object(run), "results": results, "job": run.job_id, "words": words}


def read_state(call: Call) -> Json:
    """Return all that a watcher must know at first: what waits, and what is at work. It blocks."""
    service, caller = call.service, call.caller
    zone = service.targets.loaded.common.settings.input.timezone
    runs = [run for run in service.live.current() if caller.may_use(run.target)]
    return {
        "status": service.trouble or "ready",
        "jobs": [json_object(job) for job in view_jobs(service, caller, only_open=True)],
        "runs": [view_live_run(run, zone) for run in runs],
    }


async def stream_events(call: Call) -> web.StreamResponse:
    """Send what happens, until the watcher goes."""
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(call.request)
    try:
        await EventStream(call, response).run()
    except* ConnectionError:  # the watcher has gone
        pass
    except* (StateFault, DatabaseAway) as faults:
        call.service.note_disk(faults.exceptions[0])
        log_fault(faults.exceptions[0])  # the watcher comes again
    except* Exception:
        log.exception("http.failed", path="events")  # too late for another answer
    return response


def log_fault(fault: Exception) -> None:
    """Log what keeps the service from an answer: the database is away, or the disk does not work."""
    event = "http.no_database" if isinstance(fault, DatabaseAway) else "http.no_disk"
    log.warning(event, detail=str(fault))


async def end_streams(app: web.Application) -> None:
    """End all streams: the service ends."""
    app[STREAMS].set()
