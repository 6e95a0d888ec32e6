"""Whatever happens to the files of the matrix, no row comes out that is not in them: it would be seen."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.errors import InputRefused
from presence_worker.intake.job import Job, open_job
from presence_worker.model import Row
from presence_worker.settings import Settings
from tests.campaigns.mutations import mutated
from tests.examples import examples

from .index import DAY, FILES, cases
from .witness import strangers

SMALL = 1 << 14  # bytes; longer files would only be slower
CASES = [
    case for case in cases() if (FILES / case.file).is_file() and (FILES / case.file).stat().st_size < SMALL
]
CONTENTS = [(FILES / case.file).read_bytes() for case in CASES]
KINDS = ["csv/plain.csv", "json/array.json", "json/map.json", "packed/leave.csv.gz", "xlsx/plain.xlsx"]


def read(path: Path, config: Settings) -> tuple[Job, list[Row]]:
    """Read a file as `run` does."""
    with open_job(str(path), config, DAY) as job:
        return job, list(job.rows)


@pytest.mark.parametrize("file", KINDS)
def test_the_witness_knows_a_stranger(file: str) -> None:
    """Of each kind of file it says what is in it and what is not; else it would prove nothing."""
    job, rows = read(FILES / file, Settings())
    _, others = read(FILES / "csv" / "quotes-inside.csv", Settings())
    content = (FILES / file).read_bytes()

    assert strangers(job, rows, content, composed=False) == []
    assert strangers(job, others, content, composed=False)


@pytest.mark.parametrize("odd", [r'"\ud800"', str(2**70)])
def test_the_witness_knows_what_no_file_can_hold(odd: str, path: Path) -> None:
    """Half a character, or a huge number, makes its row text; arrays beside or around it are known."""
    row = f'{{"associateId": 5, "status": "Away", "tags": [{odd}, {{"b": 1, "a": {odd}}}], "other": [2]}}'
    path.write_text(f"[{row}]", encoding="utf-8")

    job, rows = read(path, Settings())

    assert rows[0].result is None
    assert strangers(job, rows, path.read_bytes(), composed=False) == []


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs") / "changes"


@settings(max_examples=examples(200))
@given(which=st.integers(0, len(CASES) - 1), luck=st.randoms(use_true_random=False))
def test_whatever_happens_no_stranger_comes_out(which: int, luck: random.Random, path: Path) -> None:
    """A damaged file is refused, or its rows are in it; the campaign of the same name does that for long."""
    content, config = mutated(CONTENTS, CONTENTS[which], luck), CASES[which].settings
    path.write_bytes(content)

    with suppress(InputRefused):
        job, rows = read(path, config)
        composed = bool(config.input.message_template or config.input.default_message)
        assert strangers(job, rows, content, composed=composed) == []
