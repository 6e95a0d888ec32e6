"""What a campaign found, in figures one can quote."""

from collections import Counter
from dataclasses import dataclass, field

FALSE = "reported falsely"  # `updated`, but the service does not hold it
LOST = "lost"  # asked for, but neither carried out nor told of
NEEDLESS = "sent though on disk"  # sent again although the journal had its outcome
BEYOND = "sent beyond the bound"  # more rows in doubt after one crash than can have been under way
ENDING = "ended wrongly"  # another exit code or state than a whole night has, or a report that is not whole
TWICE = "staged twice"  # a job of the service has two runs, or was acknowledged as two jobs
UNREAD = "sent again unread"  # sent by another machine, which had not read what the first one made of it
TOGETHER = "two at once"  # two machines sent to a target at the same time
LATE = "too late"  # sent, or taken over, later than is promised
FAST = "too fast"  # more requests of a target, of all machines, than its rate allows

EXAMPLES = 4  # of each kind
KINDS = (FALSE, LOST, NEEDLESS, BEYOND, ENDING, TWICE, UNREAD, TOGETHER, LATE, FAST)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Owns the count of what befell the nights of a campaign."""

    name: str
    seed: int
    nights: int = 0
    rows: int = 0
    puts: int = 0
    again: int = 0  # PUTs beyond one per row
    most_in_doubt: int = 0  # rows of a session that it had sent and had not on disk when it was killed
    kills: Counter[str] = field(default_factory=Counter)  # by the phase they met
    power_losses: int = 0  # at a kill, or after a night was finished
    escapes: int = 0  # processes that had ended before the blow came
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def blame(self, kind: str, words: str, count: int = 1) -> None:
        """Note a fault; the first few are told in words."""
        if count:
            self.faults[kind] += count
            if sum(example.startswith(kind) for example in self.examples) < EXAMPLES:
                self.examples.append(f"{kind}: {words}")

    def lines(self) -> list[str]:
        """Give the figures, line by line."""
        kills = self.kills.total()
        phases = ", ".join(f"{phase} {n}" for phase, n in self.kills.most_common())
        sizes = f"{self.nights} nights, {self.rows} rows, {kills} kills, {self.power_losses} power losses"
        faults = ", ".join(f"{kind} {self.faults[kind]}" for kind in KINDS)
        average = self.again / max(kills, 1)
        doubt = f"in doubt after one kill at the most {self.most_in_doubt} rows"
        return [
            f"{self.name} (seed {self.seed}): {sizes}; {self.escapes} processes ended before the blow",
            f"  by phase: {phases}",
            f"  {faults}",
            f"  sent twice: {self.again} of {self.puts} PUTs, {average:.1f} per kill; {doubt}",
            *(f"  {example}" for example in self.examples),
        ]
