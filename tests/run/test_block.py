"""The section [input] that is printed to be pasted."""

import tomllib

from hypothesis import example, given
from hypothesis import strategies as st

from presence_worker.check.questions import Answered, Reading
from presence_worker.check.suggested_config import config_lines
from presence_worker.errors import JobFacts
from presence_worker.intake.columns import find_columns
from presence_worker.run_states import UnknownStatus
from presence_worker.settings import Input

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(str.strip).filter(bool)


@given(
    names=st.lists(NAMES, min_size=2, max_size=6, unique=True),
    statuses=st.dictionaries(NAMES, st.just("ignore")),
)
@example(names=['"""', "\\", "x = 1\n[auth]\npassword = 'x'"], statuses={"]\n[auth": "ignore"})
def test_whatever_the_names_are_the_block_says_the_same(names: list[str], statuses: dict[str, str]) -> None:
    """A file's own words make nothing else of the configuration than names in it."""
    config = Input(email=names[0], status=names[1], statuses=statuses, skip_lines=2)
    unmapped = [UnknownStatus(name, 1, "") for name in names]

    reading = Reading(config=config, facts=JobFacts(columns=names), unmapped=unmapped)
    block = "\n".join(config_lines(config, Answered(reading=reading, questions=[], unmapped=unmapped)))

    pasted = Input.model_validate(tomllib.loads(block).pop("input"))
    assert list(tomllib.loads(block)) == ["input"]
    assert find_columns(names, pasted, "x.csv") == find_columns(names, config, "x.csv")
    assert (pasted.statuses, pasted.skip_lines) == (statuses, 2)
