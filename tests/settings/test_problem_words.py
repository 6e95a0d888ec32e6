"""What a wrong setting must be: every kind of value and every kind of error has a sentence of ours."""

from collections.abc import Iterator
from datetime import date
from math import inf, nan

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from presence_worker.settings import SECRETS, Settings
from presence_worker.settings.notify import KINDS
from presence_worker.settings.problem_words import LONGEST, WORDS, explain_problem
from presence_worker.settings.sections import SECTIONS

from .conftest import Complaints

CANARY = "Kanariefågel-7Q"
WRONG: list[object] = [  # values of all kinds that TOML and JSON know, and some that are at a limit
    *(None, True, 0, -1, 1.5, 10**30, nan, inf, "", CANARY, "\ud800", "x" * 300, date(2026, 11, 23)),
    *([], [CANARY], [5], [nan], {}, {CANARY: CANARY}, {"a": []}, {"Accept-Language": "ø"}, {"a": nan}),
]


def wrong_settings() -> Iterator[ErrorDetails]:
    """Yield the errors of every setting for every wrong value."""
    few: tuple[object, ...] = (5, CANARY, [])
    tables: list[dict[str, object]] = [{section: value} for section in SECTIONS for value in few]
    keys = [(section, key) for section, model in SECTIONS.items() for key in model.names()]
    tables += [{section: {key: value}} for section, key in keys for value in WRONG]
    channels = [(kind, key) for kind in KINDS for key in SECTIONS["notify"].names_at([kind])]
    tables += [{"notify": {kind: [{key: value}]}} for kind, key in channels for value in WRONG]
    for table in tables:
        try:
            Settings.model_validate(table)
        except ValidationError as error:
            yield from error.errors(include_url=False)


ERRORS = list(wrong_settings())
FOREIGN = ("Input should", "Value error", "valid string", "valid number", "valid integer", "instance of")


def test_every_kind_of_error_has_words() -> None:
    """No error of pydantic is left to the last resort, and none has words in vain."""
    kinds = {error["type"] for error in ERRORS} - {"value_error"}

    assert kinds <= set(WORDS)
    assert set(WORDS) - kinds <= {"string_unicode", "int_parsing_size", "float_type", "float_parsing"}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error['loc']}-{error['type']}"[:60])
def test_no_sentence_of_pydantic_reaches_a_user(error: ErrorDetails) -> None:
    """Each begins with what the value must be, or is a sentence of a check of ours."""
    words = explain_problem(error, may_quote=True)

    assert not any(each in words for each in FOREIGN)
    assert error["type"] == "value_error" or words.startswith("must ")
    assert len(words.splitlines()) == 1


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", [[CANARY], {"a": CANARY}, SecretStr(CANARY), 5])
def test_a_secret_is_never_quoted(name: str, value: object) -> None:
    """Nor is anything else in [auth]."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"auth": {name: value, f"{name}_file": 7}})

    said = [explain_problem(error, may_quote=True) for error in caught.value.errors()]

    assert said
    assert not any("found" in words or CANARY in words for words in said)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[delivery]\nrate = "fast"', 'delivery.rate: must be a number, such as 10; found "fast"'),
        ("[delivery]\nattempts = 1.5", "delivery.attempts: must be a whole number, such as 6; found 1.5"),
        ("[delivery]\nconcurrency = 2000", "delivery.concurrency: must be 1024 or less; found 2000"),
        ("[delivery]\nburst = 0", "delivery.burst: must be 1 or more; found 0"),
        ('[report]\ninclude_messages = "x"', 'report.include_messages: must be true or false; found "x"'),
        ("[input]\nunused = 5", "input.unused: must be a list in square brackets; found 5"),
        ('[input]\nstatuses = "x"', "input.statuses: must be a table"),
        ("report = 7", "report: must be a table, which begins with the line [report]; found 7"),
        ("[input]\nonly = { a = [] }", "input.only.a: must have at least one value; found a list"),
        (
            '[delivery]\nverify = "yes"',
            'delivery.verify: must be "off", "sample" or "all"; found "yes"',
        ),
        (
            '[notify.mail]\nhost = "mail.example.com"',
            "notify.mail: must begin with the line [[notify.mail]], with two brackets on each side",
        ),
        (
            'notify.webhook = ["https://example.com"]',
            "notify.webhook.1: must begin with the line [[notify.webhook]], with two brackets on each side",
        ),
        (
            '[[notify.mail]]\nto = "a@b.example"\nfrom = "c@d.example"\nhost = "h"',
            "notify.mail.1.to: must be a list in square brackets",
        ),
        ("[target]\nbase_url = 5", "target.base_url: must be text in quotes"),
    ],
)
def test_it_says_what_it_must_be_and_what_was_found(text: str, words: str, complaints: Complaints) -> None:
    """One sentence with an example, and the value as the file has it."""
    (line,) = complaints(text)

    assert line.endswith(f": {words}")


def test_a_long_value_is_cut(complaints: Complaints) -> None:
    """A whole file pasted into a value does not fill the terminal."""
    (line,) = complaints(f'[delivery]\nrate = "{"x" * 300}"')

    assert line.endswith(f'; found "{"x" * (LONGEST - 1)}…')
