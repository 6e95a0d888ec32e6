"""Who the service takes us for: somebody it names, and not somebody an error repeats."""

from presence_worker.model import Outcome, Reason
from presence_worker.superoffice.http_messages import Answer
from presence_worker.superoffice.read_answers import Principal, judge_principal


def test_somebody_is_named() -> None:
    """By login and associate ID."""
    found = judge_principal(Answer(200, {}, b'{"UserName": "night", "AssociateId": 7, "Error": false}'))

    assert found == Principal(name="night", associate_id=7, has_service=True)


def test_an_error_names_nobody() -> None:
    """Whatever it repeats."""
    found = judge_principal(Answer(200, {}, b'{"UserName": "night", "AssociateId": 7, "Error": true}'))

    assert isinstance(found, Outcome)
    assert found.reason is Reason.BAD_ANSWER
