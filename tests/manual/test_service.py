"""The pages on the service: what their tables say is what the code does."""

import re
from pathlib import Path

import pytest

import presence_worker
from presence_worker.run_states import State
from presence_worker.serve.service import STARTING, STOPPING
from presence_worker.serve.what_follows import JobEnding, JobTrouble, Stopper, Then, what_follows
from presence_worker.settings.serve import MIB, Serve
from tests.manual.documents import TEXTS, table

PACKAGE = Path(presence_worker.__file__).parent
CALL = re.compile(r"\blog\.\w+\((.*?)\)\n", re.DOTALL)
EVENT = re.compile(r'(?<!=)"([a-z]+\.[a-z_]+)"')  # no value of a field
WORDS = {  # how the page begins to say what follows an ending
    Then.END: "goes on with the next job",
    Then.WAIT: "lets the job wait",
    Then.GO_ON: "resumes the run, up to",
    Then.LEAVE: "resumes the run after the next start",
    Then.END_AND_PAUSE: "holds all jobs of this target",
}
STOPPERS = {"the service": Stopper.SERVICE, "a person": Stopper.PERSON}


def test_limits_are_the_defaults() -> None:
    """The table of limits has the values that hold without a setting."""
    found = {cells[2].strip("`").partition(".")[2]: cells[1] for cells in table("service", "what | default")}

    serve = Serve()

    assert {name: words for name, words in found.items() if name} == {
        "max_body": f"{serve.max_body // MIB} MiB",
        "receive_timeout": f"{serve.receive_timeout:.0f} s",
        "max_waiting": str(serve.max_waiting),
        "runs": str(serve.runs),
    }


@pytest.mark.parametrize("cells", table("service", "exit code | the service"), ids=lambda cells: cells[0])
def test_what_follows_an_ending(cells: list[str]) -> None:
    """Each line of the table is what the service does after such an ending."""
    codes = [int(code) for code in re.findall(r"\d+", cells[0])]
    stopper = next((found for words, found in STOPPERS.items() if f"{words} stopped" in cells[0]), None)
    troubles = {"credentials": JobTrouble.CREDENTIALS, "2": JobTrouble.CONFIGURATION}
    trouble = next((found for words, found in troubles.items() if words in cells[0]), None)

    for code in codes:
        ending = JobEnding(exit_code=code, headline="", run_id="run", state=State.STOPPED, trouble=trouble)
        then = what_follows(ending, stopped_by=stopper, deaths=1, tries=2)
        assert cells[1].startswith(WORDS[then])


def test_each_metric_of_the_service_is_explained() -> None:
    """The page on monitoring has the metrics that only the service knows, and no other."""
    named = {cells[0].strip("`") for cells in table("monitoring", "metric of the service")}
    source = (PACKAGE / "serve" / "http" / "service_metrics.py").read_text("utf-8")

    found = re.findall(r'"(?:presence_worker_)?((?:jobs|oldest|run_in|messages|http)_[a-z_]+)"', source)

    assert {name.removeprefix("presence_worker_") for name in named} == {*found}


def test_each_trouble_has_its_line() -> None:
    """The page says what to do at each word of /readyz."""
    named = [cells[0].strip("`") for cells in table("service", "`status` | what to do")]

    assert sorted(named) == sorted({STARTING, STOPPING, *JobTrouble} - {JobTrouble.BUSY})


def test_each_event_of_the_log_is_named() -> None:
    """What the service logs can be looked up on the page."""
    sources = [*(PACKAGE / "serve").rglob("*.py"), PACKAGE / "cli" / "service_process.py"]

    calls = [call for path in sources for call in CALL.findall(path.read_text("utf-8"))]
    found = {name for call in calls for name in EVENT.findall(call)}

    assert len(found) > 10
    assert sorted(name for name in found if f"`{name}`" not in TEXTS["service"]) == []
