"""The folders that jobs are taken from: they are read again and again, and what is complete becomes a job.

| event | when | what it has |
|---|---|---|
| `inbox.taken` | a file became a job | folder, file, job, target |
| `inbox.taken_before` | a file is there again, unchanged since it became a job; it is only moved | the same |
| `inbox.answered` | a file was moved, with its answer | folder, job, target, run_id |
| `inbox.not_answered` | that failed; it is tried again | folder, job, detail |
| `inbox.left` | a file is never taken; logged once | folder, file, why |
| `inbox.not_taken` | a file cannot be taken now; it is tried again | folder, file, detail |
| `inbox.unreadable` | a folder cannot be read; it is tried again | folder, detail |
| `inbox.readable` | it can be read again | folder |
| `inbox.failed` | a bug; the other folders go on | folder, error |
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import structlog

from ..errors import PresenceWorkerError, UsageFault
from ..queue.job_queue import KeyReused, NewJob
from ..run_states import JobCommand, JobWay
from ..sanitize import clean
from ..settings.serve import Inbox
from ..threads import wait_for_end
from .inbox_files import FoundFile, NotTaken, copy_file, key_of, list_folder, name_of, origin_of
from .job_work import UNREADABLE
from .open_answers import OpenAnswers
from .receiving import receiving
from .service import Service

P = ParamSpec("P")
T = TypeVar("T")
LOOK = 1.0  # seconds until the settings are read again, and jobs of folders that are not in them any more
SHARE = 10  # a folder that takes long to read is read less often
MOST = 100  # files that are taken at once; answers are given in between
LONGEST_LABEL = 100  # characters
NO_TARGET = "serve.inbox.target: set it to the name of a target"
log = structlog.get_logger()


async def watch_inboxes(service: Service) -> None:
    """Take jobs from the folders of the configuration, also of one that is read later, until cancelled."""
    work = InThreads()
    answers = await _read_answers(service, work)
    watched: dict[Inbox, anyio.CancelScope] = {}
    async with anyio.create_task_group() as tasks:
        while True:
            configured = service.targets.loaded.serve.inbox
            for inbox in [each for each in watched if each not in configured]:
                watched.pop(inbox).cancel()
            for inbox in [each for each in configured if each not in watched]:
                watched[inbox] = anyio.CancelScope()
                watch = InboxWatch(inbox, service, answers, work)
                tasks.start_soon(_watch, watch, watched[inbox])
            for folder in answers.folders - {str(each.folder.absolute()) for each in configured}:
                await work(answers.answer, folder, None)
            await anyio.sleep(LOOK)


async def _read_answers(service: Service, work: "InThreads") -> OpenAnswers:
    """Return what waits for its answer, as soon as the queue can be read."""
    while True:
        try:
            return await work(OpenAnswers, service.queue, service.targets)
        except UNREADABLE as error:
            service.note_disk(error)
            await anyio.sleep(LOOK)


async def _watch(watch: "InboxWatch", scope: anyio.CancelScope) -> None:
    with scope:
        while True:
            began = anyio.current_time()
            try:
                await watch.read()
            except Exception as error:  # noqa: BLE001 - the service, and the other folders, go on
                log.warning("inbox.failed", folder=str(watch.folder), error=type(error).__name__)
            took = anyio.current_time() - began
            await anyio.sleep(max(watch.inbox.every, took * SHARE))


class InThreads:
    """Owns the threads in which folders are read: a share that hangs holds up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(thread_name_prefix="inbox")

    async def __call__(self, work: Callable[P, T], *values: P.args, **named: P.kwargs) -> T:
        """Return what *work* returns in a thread; a task that is cancelled ends after it."""
        call = partial(copy_context().run, work, *values, **named)
        working = asyncio.get_running_loop().run_in_executor(self._threads, call)
        await wait_for_end(working)
        return working.result()


class InboxWatch:
    """Owns what is known of the files in a folder."""

    def __init__(self, inbox: Inbox, service: Service, answers: OpenAnswers, work: InThreads) -> None:
        self.inbox = inbox
        self.folder = inbox.folder.absolute()
        self._service = service
        self._answers = answers
        self._work = work
        self._since: dict[FoundFile, float] = {}  # when files were first seen as they are now
        self._jobs: dict[FoundFile, str] = {}  # that files became
        self._said: dict[str, str] = {}  # what was logged of files, once
        self._trouble: str | None = None  # with the folder

    async def read(self) -> None:
        """Answer what has ended, and take what is complete."""
        await self._work(self._answers.answer, str(self.folder), self.inbox.complete.marker)
        try:
            files, left = await self._work(list_folder, self.folder, self.inbox.complete)
        except OSError as error:
            self._note_trouble(error.strerror or type(error).__name__)
            return
        self._note_trouble(None)
        self._keep_what_is_there({*files}, {file.name for file in files} | left.keys())
        for name in filter(left.get, left):
            self._say("inbox.left", name, left[name])
        for file in self._ready(files)[:MOST]:
            if not await self._take_or_say(file):
                return

    def _note_trouble(self, trouble: str | None) -> None:
        if trouble and trouble != self._trouble:
            log.warning("inbox.unreadable", folder=str(self.folder), detail=trouble)
        elif self._trouble and not trouble:
            log.info("inbox.readable", folder=str(self.folder))
        self._trouble = trouble

    def _say(self, event: str, name: str, words: str) -> None:
        """Log something of a file, once."""
        if self._said.get(name) != words:
            self._said[name] = words
            key = "why" if event == "inbox.left" else "detail"
            log.warning(event, folder=str(self.folder), file=name_of(name), **{key: words})

    def _keep_what_is_there(self, files: Collection[FoundFile], names: Collection[str]) -> None:
        """Forget files that are gone or have changed; note since when the others are as they are now."""
        now = anyio.current_time()
        self._since = {file: self._since.get(file, now) for file in files}
        self._jobs = {file: job for file, job in self._jobs.items() if file in files}
        self._said = {name: words for name, words in self._said.items() if name in names}

    def _ready(self, files: Sequence[FoundFile]) -> Sequence[FoundFile]:
        """Return the files to take: complete ones without a job, and those whose job is answered."""
        until = anyio.current_time() - (self.inbox.complete.quiet or 0.0)
        new = [file for file in files if self._jobs.get(file, "") not in self._answers]
        return [file for file in new if self._since[file] <= until]

    async def _take_or_say(self, file: FoundFile) -> bool:
        """Take a file; return whether other files can be taken now."""
        try:
            await self._take(file)
        except (NotTaken, FileNotFoundError):
            return True  # it changes, and is complete later
        except OSError as error:
            self._say("inbox.not_taken", file.name, error.strerror or type(error).__name__)
            return True
        except PresenceWorkerError as error:
            self._say("inbox.not_taken", file.name, str(error))
            return isinstance(error, KeyReused)  # else the queue takes nothing now
        return True

    async def _take(self, file: FoundFile) -> None:
        queue = self._service.queue
        async with receiving(queue) as place:
            content = place / "content"
            found, digest = await self._work(copy_file, self.folder / file.name, content)
            origin = origin_of(self.folder, found, digest)
            job = await self._work(queue.find_key, str(self.folder), key_of(origin))
            event = "inbox.taken_before" if job else "inbox.taken"
            if job is None:
                job, _ = await self._service.submit(self._new_job(found.name, origin), content)
        self._answers.add(job)
        self._jobs[found] = job.id
        log.info(event, folder=str(self.folder), file=name_of(found.name), job=job.id, target=job.new.target)

    def _new_job(self, name: str, origin: Mapping[str, str]) -> NewJob:
        return NewJob(
            target=self._target(),
            command=JobCommand.RUN,
            way=JobWay.INBOX,
            by=str(self.folder),
            label=clean(name_of(name), LONGEST_LABEL),
            file_name=name_of(name),
            sha256=origin["digest"],
            key=key_of(origin),
            origin=origin,
        )

    def _target(self) -> str:
        """Return the target of the folder; raise UsageFault where it is not certain."""
        names = self._service.targets.names
        target = self.inbox.target or (names[0] if len(names) == 1 else "")
        if target not in names:
            raise UsageFault(NO_TARGET)
        return target
