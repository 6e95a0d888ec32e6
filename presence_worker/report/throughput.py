"""What took a run's time: the rate, the requests in flight, or the service's silence."""

from enum import StrEnum

from ..journal import Journal, SendingFigures
from ..wording import SECOND, milliseconds, plain_duration, two_digits
from .summary import Throughput

LEAST = 10.0  # seconds; of what is shorter there is nothing to say
NEARLY_ALL, EXACTLY = 0.9, 1.1  # of a run's time: between them, a cause explains it
HALF = 0.5
MORE = 1.2  # times the rate: what could be done beyond it is worth a word
SILENCE, INTERVALS = 3.0, 5  # seconds, or so many requests' time, without an answer: the run waited
DECISION = "is a decision: nobody knows what SuperOffice allows"


class Bottleneck(StrEnum):
    """What a run's time was spent on."""

    RATE = "rate"
    CONCURRENCY = "concurrency"
    SERVICE = "service"


def throughput(journal: Journal) -> Throughput | None:
    """Return what took a run's time; None where that was short, or is not known for certain."""
    sent = journal.sessions.figures_of_sending()
    if sent is None or sent.seconds < LEAST or sent.busy <= 0:
        return None
    concurrency = journal.run().settings.concurrency if sent.is_as_staged else None
    if _explains((sent.tries + sent.gets) / sent.rate, sent.seconds):
        limit, words = Bottleneck.RATE, _of_the_rate(sent, concurrency)
    elif concurrency and _explains(sent.busy / concurrency, sent.span):
        limit, words = Bottleneck.CONCURRENCY, _of_concurrency(sent, concurrency)
    elif (silent := _silence(journal, sent)) >= HALF * sent.seconds:
        limit, words = Bottleneck.SERVICE, _of_silence(sent, silent)
    else:
        return None
    return Throughput(limit=limit, latency_ms=round(sent.latency * SECOND, 1), words=words)


def could_do(concurrency: int, latency: float, rate: float) -> str | None:
    """Return what so many in flight could do that take *latency* seconds each; None if hardly more."""
    possible = concurrency / latency
    if possible < MORE * rate:
        return None
    return f"{took_words(latency)}, so {concurrency} in flight could do up to {roughly(possible)}/s"


def roughly(number: float) -> str:
    """Return the two digits that matter."""
    return two_digits(float(f"{number:.2g}"))


def took_words(latency: float) -> str:
    """Return how long a request took that took *latency* seconds on average."""
    return f"a request took {milliseconds(latency * SECOND)} on average"


def _explains(needed: float, seconds: float) -> bool:
    return NEARLY_ALL * seconds <= needed <= EXACTLY * seconds


def _silence(journal: Journal, sent: SendingFigures) -> float:
    """Return the seconds the service was waited for: without a try repeated, silence is not its doing."""
    if sent.tries == sent.rows:
        return 0.0
    return journal.sessions.silence(longer_than=max(SILENCE, INTERVALS / sent.rate))


def _of_the_rate(sent: SendingFigures, concurrency: int | None) -> str:
    number, took = sent.tries + sent.gets, plain_duration(sent.seconds)
    words = f"{sent.rate:g} requests/s were allowed, and {number} took {took}"
    more = concurrency and could_do(concurrency, sent.latency, sent.rate)
    return f"{words}; {more}. A higher delivery.rate {DECISION}." if more else f"{words}."


def _of_concurrency(sent: SendingFigures, concurrency: int) -> str:
    words = f"{concurrency} were in flight nearly all the time, and {took_words(sent.latency)}"
    went_out = f"{roughly(sent.tries / sent.span)} of the {sent.rate:g} requests/s that were allowed went out"
    return f"{words}, so {went_out}. A higher delivery.concurrency {DECISION}."


def _of_silence(sent: SendingFigures, silent: float) -> str:
    words = f"for {plain_duration(silent)} of {plain_duration(sent.seconds)} nothing came back"
    return f"The run waited for the service: {words}. No higher rate would have changed that."
