"""Tables of the manual that tests prove: what happens when, and what of SuperOffice's API is covered."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from presence_worker.cli.runs import STATES
from tests.manual.documents import table

TESTS = Path(__file__).parents[1]
COVERS = re.compile(r"pytest\.mark\.covers\('(.+)'\)")  # as the parser writes it


def test_every_trouble_is_proven() -> None:
    """Each line of 'What happens when' has a test that is marked with it, and each such test a line."""
    sources = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    marks = re.findall(r"^ *@pytest\.mark\.proves\(\"(.+)\"\)$", sources, re.MULTILINE)

    assert sorted(set(marks)) == sorted(cells[0] for cells in table("troubleshooting", "when"))


def covered() -> Iterator[tuple[str, str]]:
    """Yield what is marked as covered, and by which test."""
    for path in TESTS.rglob("test_*.py"):
        for test in ast.parse(path.read_text("utf-8")).body:
            if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"`{path.relative_to(TESTS).as_posix()}::{test.name}`"
                yield from (
                    (found[1], name)
                    for mark in test.decorator_list
                    if (found := COVERS.match(ast.unparse(mark)))
                )


def test_every_part_of_the_service_is_proven() -> None:
    """Each line of what is covered names the tests that are marked with it, and each such test has a line."""
    rows = table("superoffice-api", "what | how sure")

    shown = [(what, test) for what, _, tests in rows for test in tests.split(", ")]

    assert sorted(shown) == sorted(covered())
    assert all(sure.split()[0].strip(",;:") in ("documented", "inferred", "unknown") for _, sure, _ in rows)


def test_each_state_can_be_filtered_by() -> None:
    """A state that the page names is one that `runs --state` takes."""
    assert sorted(cells[0].strip("`") for cells in table("reports", "state")) == sorted(STATES)
