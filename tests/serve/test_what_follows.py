"""What follows the ending of a job: each line of the service's table, and what is not in it."""

import pytest

from presence_worker.errors import ExitCode
from presence_worker.run_states import State
from presence_worker.serve.what_follows import JobEnding, JobTrouble, Stopper, Then, what_follows

TRIES = 2
SERVICE, PERSON = Stopper.SERVICE, Stopper.PERSON
FINISHED, REFUSED, HELD, PLANNED, STOPPED = (
    State.FINISHED,
    State.REFUSED,
    State.HELD,
    State.PLANNED,
    State.STOPPED,
)


def follow(
    code: int,
    state: State | None,
    trouble: JobTrouble | None = None,
    *,
    by: Stopper | None = None,
    deaths: int = 0,
) -> Then:
    ending = JobEnding(exit_code=code, headline="", run_id="run", state=state, trouble=trouble)
    return what_follows(ending, stopped_by=by, deaths=deaths, tries=TRIES)


@pytest.mark.parametrize(
    ("code", "state"), [(0, FINISHED), (0, PLANNED), (3, FINISHED), (4, REFUSED), (5, HELD)]
)
@pytest.mark.parametrize("by", [None, SERVICE, PERSON])
def test_0_3_4_5_are_the_end(code: int, state: State, by: Stopper | None) -> None:
    """The run came to its end, also where it was to stop and had nothing left to do."""
    assert follow(code, state, by=by) is Then.END


@pytest.mark.parametrize("by", [None, SERVICE, PERSON])
def test_6_is_the_end(by: Stopper | None) -> None:
    """A person resumes; the service never does by itself."""
    assert follow(6, STOPPED, by=by) is Then.END


@pytest.mark.parametrize("code", [130, 143])
@pytest.mark.parametrize("by", [None, PERSON])
def test_stopped_by_another_is_the_end(code: int, by: Stopper | None) -> None:
    """A signal of another program, or a person's request to stop: a person resumes."""
    assert follow(code, STOPPED, by=by) is Then.END


def test_refused_credentials_hold_the_target() -> None:
    """Three wrong passwords lock an account."""
    assert follow(6, STOPPED, JobTrouble.CREDENTIALS) is Then.END_AND_PAUSE


@pytest.mark.parametrize("code", [130, 143])
def test_stopped_because_we_stop(code: int) -> None:
    """The job stays at work; before anything was staged, it waits again."""
    assert follow(code, STOPPED, by=SERVICE) is Then.LEAVE
    assert follow(code, None, by=SERVICE) is Then.WAIT


def test_7_waits() -> None:
    """The job is not used up."""
    assert follow(7, None, JobTrouble.BUSY) is Then.WAIT


@pytest.mark.parametrize("trouble", [JobTrouble.CONFIGURATION, JobTrouble.DISK])
@pytest.mark.parametrize("state", [None, STOPPED])
def test_2_waits(trouble: JobTrouble, state: State | None) -> None:
    """The configuration or the disk is wrong, and not the job."""
    assert follow(2, state, trouble) is Then.WAIT


def test_2_about_the_run_is_the_end() -> None:
    """Such as a run that is too old, or that has moved: another try would end alike."""
    assert follow(2, None) is Then.END


@pytest.mark.parametrize("by", [None, SERVICE])
def test_1_goes_on_so_many_times(by: Stopper | None) -> None:
    """A run that died is resumed serve.tries times; then the job has failed."""
    found = [follow(1, STOPPED, deaths=deaths, by=by) for deaths in range(1, TRIES + 2)]

    assert found == [Then.GO_ON, Then.GO_ON, Then.FAIL]


def test_each_exit_code_is_one_of_these() -> None:
    """No ending is without an answer."""
    assert all(isinstance(follow(code, STOPPED), Then) for code in ExitCode)
