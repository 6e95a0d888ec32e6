"""What is wrong with a night of several machines, told from the service's own record alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .fleet_witness import Call, Witness
from .tally import BEYOND, FAST, LATE, LOST, TOGETHER, UNREAD, Tally

MARGIN = 2.0  # seconds before a lease is over from which on nothing new is sent
TAKE_OVER = 5.0  # seconds after a lease is over until another machine goes on
KILLED, STOPPED, FROZEN, AWAY = "killed", "stopped", "frozen", "away from the database"
RESTARTED = "without a database for a moment"
STARTED = "started"  # not a blow, but nobody can take over before
TAKEN_OVER = (KILLED, STOPPED, FROZEN)
SECONDS = 5.0  # in which the rate is measured
ON_THE_WAY = 0.5  # seconds from being sent to being read by the service, on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the configuration of a night allows."""

    lease: float  # seconds
    rate: float  # requests per second of a target
    concurrency: int

    @property
    def most_again(self) -> int:
        """How many rows of a target may be looked up again after a death."""
        return max(round(2 * self.rate), self.concurrency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """What befell a machine."""

    kind: str
    sender: str  # machine and how often it was started
    at: float
    until: float = float("inf")  # when a frozen one woke, or the database was back


@dataclass(slots=True, kw_only=True)
class FleetOrder:
    """A job of the night; no other one asks for the same, or of the same person."""

    number: int
    target: str
    rows: int
    location: str = ""

    @property
    def wishes(self) -> dict[int, str]:
        """What is asked for, by associate."""
        first = self.number * 10_000
        return {first + row: f"{self.number}.{row}" for row in range(1, self.rows + 1)}

    @property
    def body(self) -> bytes:
        """The file."""
        rows = (f"{who},StatusNotAvailable,{words}\n" for who, words in self.wishes.items())
        return "".join(["associateId,status,message\n", *rows]).encode()


def order_of(call: Call) -> int:
    """Return the number of the order to which a request belongs."""
    return call.associate_id // 10_000


@dataclass(slots=True, kw_only=True)
class Judge:
    """Owns the figures of a night; what is wrong goes into the tally."""

    rules: Rules
    tally: Tally
    blows: Sequence[Blow]
    take_overs: list[float] = field(default_factory=list)  # seconds from a blow until another goes on
    most_again: int = 0  # rows of a target that were looked up after one blow

    def judge(self, witnesses: Mapping[str, Witness], orders: Iterable[FleetOrder]) -> None:
        """Compare what was ordered with what each service has recorded."""
        its = defaultdict[str, list[FleetOrder]](list)
        for order in orders:
            its[order.target].append(order)
        for name, ordered in its.items():
            calls = list(witnesses[name].calls)
            self._judge_rows(witnesses[name], calls, ordered)
            self._judge_reads(calls)
            self._judge_pace(name, calls)
            self._judge_senders(calls, {order.number: order.rows for order in ordered})
            for order in ordered:
                self._judge_blows([call for call in calls if order_of(call) == order.number])

    def _judge_rows(self, service: Witness, calls: Sequence[Call], orders: Sequence[FleetOrder]) -> None:
        for order in orders:
            missing = [who for who, words in order.wishes.items() if service.holds(who)[1] != words]
            self.tally.blame(LOST, f"order {order.number}: {missing[:5]} were not carried out", len(missing))
            self.tally.rows += order.rows
        puts = Counter(call.words for call in calls if call.is_put)
        self.tally.puts += puts.total()
        self.tally.again += puts.total() - len(puts)

    def _judge_reads(self, calls: Sequence[Call]) -> None:
        """A row is sent again only after it was read; a machine that woke may send what it had begun."""
        sent, late = set[int](), Counter[str]()
        for call in calls:
            if not call.is_put:
                sent.discard(call.associate_id)
            elif call.associate_id not in sent:
                sent.add(call.associate_id)
            elif self._has_woken(call):
                late[call.sender] += 1
            else:
                self.tally.blame(UNREAD, f"row {call.words} by {call.sender}")
        self._blame_late(late)

    def _judge_pace(self, name: str, calls: Sequence[Call]) -> None:
        """The rate holds in any few seconds, but for what was on its way."""
        most, begin = self.rules.rate * SECONDS + 2 * self.rules.concurrency, 0
        for end, call in enumerate(calls):
            while calls[begin].at < call.at - SECONDS:
                begin += 1
            if end - begin + 1 > most:
                words = f"{name} was asked {end - begin + 1} times in {SECONDS:.0f} s by {call.sender}"
                self.tally.blame(FAST, words)
                return

    def _judge_senders(self, calls: Sequence[Call], rows: Mapping[int, int]) -> None:
        """Another machine goes on only after something befell the former one, or at the end of its run."""
        left, sent = set[tuple[int, str]](), defaultdict[int, set[int]](set)
        now, since, late = (0, ""), 0.0, Counter[str]()
        for call in calls:
            if not call.is_put:
                continue
            mine, at = (order_of(call), call.sender), call.at
            is_over = now[0] != mine[0] and len(sent[now[0]]) == rows.get(now[0], 0)
            sent[mine[0]].add(call.associate_id)
            if mine == now or not call.sender:
                continue
            is_free = is_over or self._has_befallen(now[1], since, at)
            if not is_free and mine in left and self._has_woken(call):
                late[call.sender] += 1
                continue
            if not is_free:
                self.tally.blame(TOGETHER, f"{call.sender} sends {call.words} while {now} is at work")
            left.add(now)
            now, since = mine, at
        self._blame_late(late)

    def _blame_late(self, late: Counter[str]) -> None:
        for sender, count in late.items():
            if count > self.rules.concurrency:
                self.tally.blame(LATE, f"{sender} sent {count} rows of a target after it woke")

    def _has_woken(self, call: Call) -> bool:
        return any(b.kind == FROZEN and b.sender == call.sender and b.until <= call.at for b in self.blows)

    def _has_befallen(self, sender: str, since: float, at: float) -> bool:
        mine = (b for b in self.blows if b.sender == sender and b.kind != STARTED)
        return any(blow.at <= at and blow.until >= since for blow in mine)

    def _judge_blows(self, calls: Sequence[Call]) -> None:
        """Judge what one order's requests say of each blow."""
        for blow in self.blows:
            before = [call for call in calls if call.at <= blow.at]
            after = [call for call in calls if call.at > blow.at]
            if blow.kind == AWAY:
                self._judge_outage(blow, after)
            if not before or before[-1].sender != blow.sender or not after:
                continue
            others = [call.at for call in after if call.sender not in ("", blow.sender)]
            if blow.kind in TAKEN_OVER and others:
                self._note_take_over(blow, others[0])
            later = (b.at for b in self.blows if b.at > blow.at and b.kind != STARTED)
            end = min(later, default=float("inf"))
            again = {call.associate_id for call in after if not call.is_put and call.at <= end}
            self.most_again = max(self.most_again, len(again))
            if len(again) > self.rules.most_again:
                self.tally.blame(BEYOND, f"{len(again)} rows were read after {blow.sender} was {blow.kind}")

    def _judge_outage(self, blow: Blow, after: Sequence[Call]) -> None:
        silent = blow.at + self.rules.lease - MARGIN + ON_THE_WAY
        late = [c for c in after if c.sender == blow.sender and c.is_put and silent < c.at < blow.until]
        if late:
            words = f"{blow.sender} {late[-1].at - blow.at:.1f} s after the database had gone"
            self.tally.blame(LATE, words, len(late))

    def _note_take_over(self, blow: Blow, at: float) -> None:
        """Judge how long it took, since what befell anybody last."""
        seconds = at - max(other.at for other in self.blows if other.at <= at)
        self.take_overs.append(seconds)
        if seconds > self.rules.lease + TAKE_OVER:
            self.tally.blame(
                LATE, f"{seconds:.1f} s until another went on after {blow.sender} was {blow.kind}"
            )

    def lines(self) -> list[str]:
        """Return the figures, line by line."""
        slowest = max(self.take_overs, default=0.0)
        looked = f"after one blow at most {self.most_again} rows of a target were looked up"
        return [
            *self.tally.lines(),
            f"  {len(self.take_overs)} runs taken over, the slowest after {slowest:.1f} s; {looked}",
        ]
