"""The log: JSON lines under a scheduler, harmless lines on a terminal, never a reason to fail."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr

import orjson
import pytest
import structlog

from presence_worker.cli import log

LEVELS = ("debug", "info", "warning", "error")


class Gone(io.StringIO):
    """A stream whose reader has gone, or whose disk is full."""

    def write(self, _: str, /) -> int:
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """The log of other tests is set up by themselves."""
    yield
    structlog.reset_defaults()


def told(verbosity: int, *, terminal: bool, **fields: object) -> str:
    """Give what stands on standard error after a fact of each level."""
    with redirect_stderr(io.StringIO()) as stream:
        log.set_up(verbosity, terminal=terminal)
        logger = structlog.get_logger()
        for level in LEVELS:
            getattr(logger, level)(f"fact.{level}", **fields)
    return stream.getvalue()


def test_a_bug_is_logged_by_its_place() -> None:
    """Kind and place, and not what it says: that may have values of a job."""
    with redirect_stderr(io.StringIO()) as stream:
        log.set_up(0, terminal=False)
        try:
            int("reason of absence")
        except ValueError:
            structlog.get_logger().exception("job.crashed")

    line = orjson.loads(stream.getvalue())
    assert line["place"].startswith("test_log.py:")
    assert "reason" not in stream.getvalue()
    assert "exc_info" not in line


def test_a_command_without_a_summary_says_more_at_a_terminal() -> None:
    """The service shows each step there, too."""
    with redirect_stderr(io.StringIO()) as stream:
        log.set_up(0, terminal=True, has_summary=False)
        structlog.get_logger().info("job.queued")

    assert stream.getvalue() == "info job.queued\n"


def test_off_a_terminal_each_fact_is_a_line_of_json() -> None:
    """Whatever reads the log of a scheduler gets one object a line: level, time in UTC, event, fields."""
    text = told(0, terminal=False, row=4, detail="två\nrader")

    facts = [orjson.loads(line) for line in text.splitlines()]

    assert [fact["event"] for fact in facts] == ["fact.info", "fact.warning", "fact.error"]
    assert [fact["level"] for fact in facts] == ["info", "warning", "error"]
    assert all((fact["row"], fact["detail"]) == (4, "två\nrader") for fact in facts)
    assert all(fact["timestamp"].endswith("Z") for fact in facts)


def test_on_a_terminal_a_fact_is_a_short_line() -> None:
    """Somebody at a terminal reads level, event and the fields that have a value."""
    text = told(0, terminal=True, row=4, reason=None, detail="inte hittad")

    assert text == "error fact.error row=4 detail=inte hittad\n"


def test_nothing_steers_a_terminal() -> None:
    """Escapes, line breaks and characters that turn or hide text become spaces; long texts are cut."""
    nasty = "a\x1b[2J\x07b\r\nc\x9bd\u202ee\u200bf\u2028g" + "x" * 1000

    text = told(0, terminal=True, detail=nasty)

    assert text.removesuffix("\n").isprintable()
    assert text.startswith("error fact.error detail=a [2J b c d e f g")
    assert len(text) == 501


@pytest.mark.parametrize(
    ("terminal", "verbosity", "levels"),
    [
        (True, -1, ["error"]),
        (True, 0, ["error"]),
        (True, 1, ["debug", "info", "warning", "error"]),
        (False, -1, ["error"]),
        (False, 0, ["info", "warning", "error"]),
        (False, 1, ["debug", "info", "warning", "error"]),
        (False, 9, ["debug", "info", "warning", "error"]),
    ],
)
def test_quiet_and_verbose_choose_the_levels(terminal: bool, verbosity: int, levels: list[str]) -> None:  # noqa: FBT001 - a case
    """-q leaves errors only, and so does a terminal, where the summary says the rest; -v shows everything."""
    text = told(verbosity, terminal=terminal)

    assert [level for level in LEVELS if f"fact.{level}" in text] == levels


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(("verbosity", "shown"), [(0, False), (1, False), (2, True)])
def test_decisions_need_two(verbosity: int, shown: bool, terminal: bool) -> None:  # noqa: FBT001 - a case
    """-v adds requests, and only -vv what was decided."""
    with redirect_stderr(io.StringIO()) as stream:
        log.set_up(verbosity, terminal=terminal)
        structlog.get_logger().debug("decision.pace", rate=7)

    assert ("decision.pace" in stream.getvalue()) == shown


def test_each_line_has_what_is_bound_to_the_context() -> None:
    """A line written deep below a run names that run; a line about another one keeps its own field."""
    with structlog.contextvars.bound_contextvars(run_id="r1"):
        text = told(0, terminal=False)

    assert {orjson.loads(line)["run_id"] for line in text.splitlines()} == {"r1"}


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("value", ["\udce5.csv", 2**70, object(), b"\xff", float("nan")])
def test_no_value_is_too_strange_to_be_told(value: object, terminal: bool) -> None:  # noqa: FBT001 - a case
    """Names of files that are no text, huge numbers and strange objects are told somehow."""
    text = told(0, terminal=terminal, value=value)

    assert "fact.error" in text


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("kind", ["gone", "closed", "none"])
def test_a_log_that_cannot_be_written_ends_nothing(
    kind: str,
    terminal: bool,  # noqa: FBT001 - a case
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With standard error closed, full or never there, the run goes on, and standard output stays clean."""
    stream = {"gone": Gone(), "closed": io.StringIO(), "none": None}[kind]
    if stream and kind == "closed":
        stream.close()

    with redirect_stderr(stream):
        log.set_up(0, terminal=terminal)
        for _ in range(2):
            structlog.get_logger().error("fact")

    assert capsys.readouterr() == ("", "")
