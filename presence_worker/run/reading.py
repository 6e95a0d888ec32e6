"""What the service holds before anything is written."""

from collections.abc import Iterator
from functools import partial
from itertools import starmap

import structlog

from ..delivery import Halt, Policy, deliver
from ..errors import Stopped
from ..journal import Finding, Journal, Wish
from ..model import PRESENT, Change, Intent, Outcome, Presence, Reason, Result, Step, Verdict
from ..superoffice import Client
from ..superoffice.census import COLUMNS_OF, Census, User
from .invocation import Invocation
from .naming import find_people
from .verdicts import barred, is_presence, judged, unknown

PAGE = 500  # rows read, and findings written, at once
ALIKE = 20  # looks that show nobody: it is not the people then
NOBODY = Change(row=0, associate_id=0, wanted=Presence(status="", message=""))
OFF = "no row can be `unchanged`, and there is no undo"
log = structlog.get_logger()


class Reading:
    """Owns what is found out of the present values, from the query of all users and from single looks."""

    def __init__(
        self,
        journal: Journal,
        client: Client,
        policy: Policy,
        halt: Halt,
        invocation: Invocation,
        overtaken: frozenset[int],
    ) -> None:
        self._journal = journal
        self._client = client
        self._policy = policy
        self._halt = halt
        self._invocation = invocation
        self._overtaken = overtaken  # a later run has written them: they are not sent anyway
        self._run = journal.run()
        self._how = self._mode()
        self._moved_by = self._expecting()
        self._census: Census | None = None
        self._looking: dict[int, Wish] = {}
        self._nobodies: list[tuple[Wish, str]] = []  # kept back while nobody at all was seen
        self._has_seen = False
        self._given_up = False
        self._findings: list[Finding] = []
        self._verdicts: list[Verdict] = []
        self._notes: list[str] = []

    def _mode(self) -> str:
        how = self._invocation.settings.delivery.read_before
        must_read = self._run.intent != Intent.RUN or self._run.step == Step.COMPARE
        return "auto" if how == "off" and must_read else how

    def _expecting(self) -> Intent | None:
        """Tell by what the run was made whether what is read must be as it was then."""
        intent = Intent(self._run.intent)
        return intent if self._run.step == Step.COMPARE or intent is Intent.UNDO else None

    async def read(self) -> int | None:
        """Read, and settle all rows that need no PUT; give the number of Service users, None where not read.

        Raise InputRefused where too many rows are found to be invalid, and Stopped where what must be read
        cannot be.
        """
        column = self._run.input.get("identity")
        if column or self._how == "auto":
            with self._halt.scope():
                self._census = await self._count(COLUMNS_OF[column] if column else ())
        if column and not self._halt.reason:
            self._find_people()
        if self._how != "off" and not self._halt.reason:
            await self._look()
        self._write()
        return self._census.service_users if self._census else None

    async def _look(self) -> None:
        tries, progress = self._policy.tries(self._client.look), self._invocation.progress
        progress.begin(self._journal.to_send(), lambda: "reading present values")
        workers = self._invocation.settings.delivery.concurrency
        await deliver(self._to_look_at(), tries, self._seen, self._halt, workers=workers)
        progress.end()
        if self._nobodies and not self._given_up and not self._halt.reason:
            if self._how == "auto":
                self._give_up("the service shows none of the associates")
            else:
                self._settle_nobodies()

    async def _count(self, names: tuple[str, ...]) -> Census | None:
        """Read all users, page by page; None where the service does not let us."""
        census = Census(*names)
        tries = self._policy.tries(partial(self._client.count, census))
        while not census.is_whole:
            outcome = await tries.settle(NOBODY)
            if self._halt.reason:
                return None
            if outcome.result is not Result.NOT_SENT:
                self._note(f"the query of all users is not to be had ({outcome.detail})")
                return None
        log.info("read.users", users=len(census.users))
        return census

    def _find_people(self) -> None:
        if self._census is None:
            raise Stopped(
                "people named by login or e-mail cannot be found: the service does not show all users"
            )
        refused = find_people(self._journal, self._census.named, self._invocation.settings)
        if refused:
            raise refused

    def _to_look_at(self) -> Iterator[Change]:
        """Yield those whom only a single read can tell; settle the others."""
        for wish in self._journal.wishes(PAGE):
            if self._given_up or self._halt.reason:
                return
            if wish.associate_id in self._overtaken or (self._run.step == Step.COMPARE and not wish.before):
                continue
            user = self._user(wish)
            if user and (verdict := barred(wish, user)):
                self._verdicts.append(verdict)
            elif user and user.status == PRESENT:
                self._found(wish, Presence(status=PRESENT, message=""), knows_comment=False)
            else:
                self._looking[wish.row] = wish
                yield Change(row=wish.row, associate_id=wish.associate_id, wanted=wish.wanted)
            if len(self._findings) + len(self._verdicts) >= PAGE:
                self._write()

    def _user(self, wish: Wish) -> User | None:
        """Give what the query said of somebody; where every single one shall be read, it does not count."""
        return self._census.users.get(wish.associate_id) if self._census and self._how == "auto" else None

    def _seen(self, change: Change, outcome: Outcome) -> None:
        """Take in what a single read showed."""
        self._invocation.progress.settled(done=outcome.seen is not None)
        wish = self._looking.pop(change.row)
        user = self._user(wish)
        if outcome.seen is not None and is_presence(outcome.seen, user):
            self._has_seen = True
            self._found(wish, outcome.seen, knows_comment=True)
        elif user is None and (outcome.seen or outcome.reason is Reason.UNKNOWN_ASSOCIATE):
            self._nobody(wish, outcome.detail or "no presence")
        elif not self._halt.reason:
            self._unread(wish, outcome, user)

    def _found(self, wish: Wish, seen: Presence, *, knows_comment: bool) -> None:
        if self._moved_by is None:
            self._findings.append(Finding(wish.row, seen.status, seen.message if knows_comment else None))
        if verdict := judged(wish, seen, self._moved_by):
            self._verdicts.append(verdict)

    def _nobody(self, wish: Wish, said: str) -> None:
        """Believe that somebody does not exist, unless nobody at all seems to."""
        self._nobodies.append((wish, said))
        if self._has_seen or self._census:
            self._settle_nobodies()
        elif len(self._nobodies) >= ALIKE:
            self._give_up(f"the service shows nobody of the first {ALIKE} associates")

    def _settle_nobodies(self) -> None:
        self._verdicts += starmap(unknown, self._nobodies)
        self._nobodies.clear()

    def _unread(self, wish: Wish, outcome: Outcome, user: User | None) -> None:
        """Do without the present value of somebody, where that may be."""
        words = f"the present value of associate {wish.associate_id} cannot be read ({outcome.detail})"
        if self._census is None or self._moved_by is not None or self._how == "each":
            self._give_up(words)
            return
        log.warning("read.failed", row=wish.row, associate_id=wish.associate_id, detail=outcome.detail)
        if user and user.status:
            self._findings.append(Finding(wish.row, user.status, None))

    def _give_up(self, words: str) -> None:
        """End the reading: without it, only a run that may do without is sent."""
        self._given_up = True
        if self._how == "each" or self._moved_by is not None or self._run.intent == Intent.PLAN:
            self._halt(Stopped(f"{words}; nothing was sent"))
        else:
            self._nobodies.clear()
            self._note(f"{words}; sent without reading: {OFF}")

    def _write(self) -> None:
        if not (self._findings or self._verdicts or self._notes):
            return
        with self._journal.transaction():
            self._journal.found(self._findings)
            self._journal.settle(self._verdicts)
            self._journal.describe(notes=[*self._journal.run().notes, *self._notes])
        for buffer in (self._findings, self._verdicts, self._notes):
            buffer.clear()

    def _note(self, words: str) -> None:
        """Let whoever reads the report, the log or the terminal know."""
        log.warning("read.without", words=words)
        self._invocation.progress.remark(words)
        self._notes.append(words)
