"""Words of the first page."""

import pytest

from presence_worker.run_states import JobWay
from presence_worker.serve.pages.first_page import origin_words, split_message


@pytest.mark.parametrize(
    ("way", "by", "words"),
    [
        (JobWay.HTTP, "import", "by HTTP, import"),
        (JobWay.INBOX, "/srv/hr/inbox", "from a folder, inbox"),
        (JobWay.INBOX, r"D:\hr\inbox", "from a folder, inbox"),
        (JobWay.SCHEDULE, "schedule", "by schedule"),
        (JobWay.COMMAND, None, "by a command"),
    ],
)
def test_says_how_a_job_came_in(way: JobWay, by: str | None, words: str) -> None:
    """Of a folder only its name: the way to it is nobody's business."""
    assert origin_words(way, by) == words


@pytest.mark.parametrize(
    ("message", "heading", "more"),
    [
        ("All 9 rows done.", "All 9 rows done.", ""),
        (
            "Stopped early. 3 of 9 rows done. Resume the run.",
            "Stopped early. 3 of 9 rows done.",
            "Resume the run.",
        ),
        (
            "A limit holds this job: 9 changes. Nothing was sent.",
            "A limit holds this job: 9 changes.",
            "Nothing was sent.",
        ),
    ],
)
def test_a_heading_is_the_first_sentence(message: str, heading: str, more: str) -> None:
    """And the second one, where the first one is short."""
    assert split_message(message) == (heading, more)
