"""What the service holds before anything is written."""

from itertools import islice, takewhile

import anyio.lowlevel
import structlog

from ..delivery import Halt, Policy, deliver, number_of_read_backs
from ..errors import Stopped, Suspect
from ..journal import Journal, Wish
from ..model import PRESENT, Change, Intent, Outcome, Presence, Reason, Step
from ..run_context import RunContext
from ..schedule.due_rows import unread_returns
from ..schedule.history import pending
from ..superoffice import Client
from ..superoffice.read_answers import may_mean_nobody
from ..superoffice.user_query import COLUMNS_OF, User, UserDirectory
from .announcing import announce
from .counting import count_users
from .findings import Findings
from .naming import find_people
from .verdicts import barred, is_presence, unknown, unread_return

PAGE = 500  # rows read from the journal, findings written, and people looked at, at once
NOT_FOUND = 404
ALIKE = 20  # looks that show nobody: it is not the people then
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
        context: RunContext,
        overtaken: frozenset[int],
    ) -> None:
        self._journal = journal
        self._client = client
        self._policy = policy
        self._halt = halt
        self._context = context
        self._overtaken = overtaken  # a later run has written them: they are not sent anyway
        self._run = journal.run()
        self._how = self._mode()
        self._moved_by = self._expecting()
        self._findings = Findings(journal, context, self._moved_by)
        self._census: UserDirectory | None = None
        self._looking: dict[int, Wish] = {}
        self._nobodies: list[tuple[Wish, str]] = []  # kept back while nobody at all was seen
        self._unread_rows = 0
        self._has_seen = False
        self._given_up = False

    def _mode(self) -> str:
        how = self._context.settings.delivery.read_before
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
            census = UserDirectory(*(COLUMNS_OF[column] if column else ()))
            trouble = await count_users(census, self._client, self._policy, self._halt)
            if trouble:
                self._findings.note(f"the list of all users is not available ({trouble.detail})")
            elif not self._halt.reason:
                self._census = census
        if column and not self._halt.reason:
            self._find_people(trouble)
        if not self._halt.reason and (self._how != "off" or self._journal.has_returns()):
            self._announce()
            await self._look()
        self._settle_unread_returns()
        self._findings.write()
        return self._census.service_users if self._census else None

    def _announce(self) -> None:
        """Say how many requests the run takes at most: a read and a PUT a row, a second read in doubt."""
        looks = to_send = self._journal.to_send()
        if self._how == "auto" and self._census:
            users, people = self._census.users, self._journal.people_to_send()
            looks = sum(not _is_present(users.get(person or 0)) for person in people)
        delivery, progress = self._context.settings.delivery, self._context.progress
        puts = 0 if self._run.intent == Intent.PLAN else to_send + self._journal.in_doubt()
        more = looks + puts + number_of_read_backs(delivery.verify, min(puts, to_send))
        announce(self._journal, delivery, progress, more=more, gets=self._client.gets, final=False)

    def _find_people(self, trouble: Outcome | None) -> None:
        if self._census is None:
            self._findings.write()
            is_elsewhere = trouble is not None and (trouble.html or trouble.http_status == NOT_FOUND)
            words = "people named by login or e-mail cannot be found: the service does not show all users"
            raise Stopped(
                f"{words}; is target.base_url right?" if is_elsewhere else words,
                suspect=Suspect.TARGET if is_elsewhere else None,
            )
        was_added = "scheduled" in self._run.input  # before this run was resumed
        earlier = None if was_added else pending(self._context, self._run.run_id)
        refused = find_people(self._journal, self._census.named, self._context.settings, earlier)
        if refused:
            raise refused

    async def _look(self) -> None:
        """Settle those of whom the query tells enough, and read the others one by one."""
        progress, wishes = self._context.progress, self._journal.wishes(PAGE)
        progress.begin(self._journal.to_send(), lambda: "reading present values")
        while not self._is_over() and (page := list(islice(wishes, PAGE))):
            self._looking |= {wish.row: wish for wish in page if not self._is_told(wish)}
            if len(self._looking) >= PAGE:
                await self._look_at_them()
            self._findings.write()
            await anyio.lowlevel.checkpoint()  # who says stop is heard amid a million rows that hold already
        await self._look_at_them()
        progress.end()
        if not self._is_over():
            self._end()

    def _is_over(self) -> bool:
        return self._given_up or self._halt.reason is not None

    async def _look_at_them(self) -> None:
        changes = [
            Change(row=w.row, associate_id=w.associate_id, wanted=w.wanted) for w in self._looking.values()
        ]
        tries, workers = self._policy.tries(self._client.look), self._context.settings.delivery.concurrency
        while changes:
            wanted = takewhile(lambda _: not self._is_over(), changes)
            await deliver(wanted, tries, self._seen, self._halt, workers=workers)
            doubted = set() if self._is_over() else await self._client.doubted_at_last()
            changes = [change for change in changes if change.associate_id in doubted]
            self._forget({change.row for change in changes})
        self._looking.clear()

    def _forget(self, rows: set[int]) -> None:
        """Forget what was seen of rows, for it may have been another's."""
        for row in rows:
            self._findings.forget(row)
        self._nobodies = [(wish, said) for wish, said in self._nobodies if wish.row not in rows]

    def _end(self) -> None:
        """Say what is to be said when everybody was looked at."""
        if self._nobodies and self._how == "auto":
            self._give_up(
                "the service shows none of the associates", None if self._census else Suspect.TARGET
            )
        self._settle_nobodies()
        if self._unread_rows:
            words = "the present values of {} associates cannot be read: they are not `unchanged`, nor undone"
            self._findings.note(words.format(self._unread_rows))

    def _is_told(self, wish: Wish) -> bool:
        """Whether a row need not be looked at; settle it where the query tells enough of its associate."""
        if wish.associate_id in self._overtaken or (self._run.step == Step.COMPARE and not wish.before):
            return True
        if self._how == "off" and not wish.expected:
            return True
        user = self._user(wish)
        if user and (verdict := barred(wish, user)):
            self._findings.settle(verdict)
        elif user and user.status == PRESENT:
            self._findings.add(wish, Presence(status=PRESENT, message=""), knows_comment=False)
        else:
            return False
        self._context.progress.settled(done=True)
        return True

    def _user(self, wish: Wish) -> User | None:
        """Give what the query said of somebody; where every single one shall be read, it does not count."""
        return self._census.users.get(wish.associate_id) if self._census and self._how == "auto" else None

    def _seen(self, change: Change, outcome: Outcome) -> None:
        """Take in what a single read showed."""
        self._context.progress.settled(done=outcome.seen is not None)
        wish = self._looking[change.row]
        user = self._user(wish)
        if outcome.seen is not None and is_presence(outcome.seen, user):
            self._has_seen = True
            self._findings.add(wish, outcome.seen, knows_comment=True)
        elif self._is_over():
            return
        elif user is None and self._shows_nobody(wish, outcome):
            self._nobody(wish, outcome.detail or "no presence")
        else:
            self._unread(wish, outcome, user)

    def _shows_nobody(self, wish: Wish, outcome: Outcome) -> bool:
        missing = self._census is not None and wish.associate_id not in self._census.users
        known_as_nobody = outcome.seen is not None or outcome.reason is Reason.UNKNOWN_ASSOCIATE
        return known_as_nobody or (missing and may_mean_nobody(outcome))

    def _nobody(self, wish: Wish, said: str) -> None:
        """Believe that somebody does not exist, unless nobody at all seems to."""
        self._nobodies.append((wish, said))
        if self._has_seen or self._census:
            self._settle_nobodies()
        elif len(self._nobodies) >= ALIKE:
            self._give_up(f"the service shows nobody of the first {ALIKE} associates", Suspect.TARGET)

    def _settle_nobodies(self) -> None:
        for wish, said in self._nobodies:
            self._findings.settle(unknown(wish, said))
        self._nobodies.clear()

    def _unread(self, wish: Wish, outcome: Outcome, user: User | None) -> None:
        """Do without the present value of somebody, where that may be: others can be read."""
        status = user.status if user else None
        is_enough = self._moved_by is None or (status and not wish.knows_comment)
        if self._how == "each" or not is_enough or not (self._census or self._has_seen):
            self._give_up(
                f"the present value of associate {wish.associate_id} cannot be read ({outcome.detail})"
            )
            return
        log.warning("read.failed", row=wish.row, associate_id=wish.associate_id, detail=outcome.detail)
        self._unread_rows += 1
        if status:
            self._findings.add(wish, Presence(status=status, message=""), knows_comment=False)

    def _settle_unread_returns(self) -> None:
        """Leave alone whoever was to return but could not be looked at: the next run will try it again."""
        if self._halt.reason:
            return
        self._findings.write()
        for row in unread_returns(self._journal):
            self._findings.settle(unread_return(row))

    def _give_up(self, words: str, suspect: Suspect | None = None) -> None:
        """End the reading: without it, only a run that may do without is sent."""
        self._given_up = True
        self._nobodies.clear()
        if self._how == "each" or self._moved_by is not None or self._run.intent == Intent.PLAN:
            doubt = "; is target.base_url right?" if suspect else ""
            self._halt(Stopped(f"{words}; nothing was sent{doubt}", suspect=suspect))
        else:
            self._findings.note(f"{words}; sent without reading: {OFF}")


def _is_present(user: User | None) -> bool:
    """Whether the query says all of a user that a comparison needs."""
    return user is not None and user.status == PRESENT
