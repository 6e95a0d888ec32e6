"""Settings of messages and dates: what can be told without a file is told before one is read."""

import pytest

from .conftest import Complaints, Load

LETTERS = "%d, %m, %b, %B, %Y, %y, %G, %V, %u, %H, %I, %M, %S, %f, %p, %z, %%"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('message_template = "{}"', "{} names no column; write a text such as "),
        (f'message_template = "{"x" * 256}"', "256 characters without any column; the limit is 255"),
        ("message_template = 5", "must be text in quotes; found 5"),
        (
            'default_message = "a\\u202E"',
            "character 2 of the comment is one that changes the reading direction",
        ),
        (f'default_message = "{"x" * 256}"', "256 characters; the limit is 255"),
        ('locale = "klingon"', "unknown language; write one such as nb, sv or de"),
        ('locale = ""', "unknown language; write one such as nb, sv or de"),
        ("locale = 5", "must be text in quotes; found 5"),
        ('date_format = "%d.%m"', f'write the year once, as in "%d.%m.%Y"; possible are {LETTERS}'),
        ('date_format = "%m/%Y"', f'write the day once, as in "%d.%m.%Y"; possible are {LETTERS}'),
        ('date_format = "%d.%m.%b %y"', f'write the month once, as in "%d.%m.%Y"; possible are {LETTERS}'),
        ('date_format = "%d.%-m.%Y"', f"%- is unknown, or there twice; use each of these once: {LETTERS}"),
        (
            'date_format = "%d.%m.%Y %H%H"',
            f"%H is unknown, or there twice; use each of these once: {LETTERS}",
        ),
        ('date_format = "%d.%m.%Y%"', f"% is unknown, or there twice; use each of these once: {LETTERS}"),
        ('date_format = "%G-W%V"', f'write the weekday once, as in "%G-W%V-%u"; possible are {LETTERS}'),
        (
            'date_format = "%G-W%V-%u-%d"',
            f'write the weekday once, as in "%G-W%V-%u"; possible are {LETTERS}',
        ),
        ("date_format = 5", 'expected a text such as "%d.%m.%Y", or a list of such texts'),
        ("date_format = []", 'expected a text such as "%d.%m.%Y", or a list of such texts'),
        ('date_format = ["excel", 5]', 'expected a text such as "%d.%m.%Y", or a list of such texts'),
        ('date_format = ["excel", "d"]', f'write the day once, as in "%d.%m.%Y"; possible are {LETTERS}'),
        (
            'date_format = ["%d/%m/%Y", "excel", "%m.%d.%y"]',
            '"%d/%m/%Y" and "%m.%d.%y" have day and month in different orders, so that 03/04 could',
        ),
        (
            'date_format = ["%Y-%m-%d", "%Y-%d-%m"]',
            '"%Y-%m-%d" and "%Y-%d-%m" have day and month in different orders',
        ),
        (
            'date_format = ["%d-%m-%y", "%y-%m-%d"]',
            '"%d-%m-%y" and "%y-%m-%d" can read one text as two different days; keep one of them',
        ),
        (
            'date_format = ["unix", "%Y%m%d%H"]',
            '"unix" and "%Y%m%d%H" can read one text as two different days',
        ),
    ],
)
def test_what_is_wrong_is_told_without_a_file(line: str, words: str, complaints: Complaints) -> None:
    """A template, language or form of dates that cannot work is a problem of the configuration."""
    (found,) = complaints(f"[input]\n{line}\n")

    key = line.split(" = ", maxsplit=1)[0]
    assert found.startswith(f"FILE, line 2: input.{key}: {words}")


def test_all_that_is_wrong_is_told_at_once(complaints: Complaints) -> None:
    """Template, language and form of dates are judged with everything else."""
    lines = complaints('[input]\nmessage_template = "{"\nlocale = "xx"\ndate_format = "d"\n')

    assert [line.split(": ")[1] for line in lines] == [
        "input.message_template", "input.locale", "input.date_format"
    ]  # fmt: skip


def test_what_can_work(load: Load) -> None:
    """What is understood stays as it is written; the default message is put in one way of writing."""
    settings = load(
        '[input]\nmessage_template = "Back {until:%-d %B}"\nlocale = "nb-NO"\n'
        'default_message = "Pa\\u030A tur"\n'
        'date_format = "%d-%b-%y %I:%M %p 100%%"\n'
    )

    assert settings.input.message_template == "Back {until:%-d %B}"
    assert (settings.input.locale, settings.input.default_message) == ("nb-NO", "P\u00e5 tur")
    assert settings.input.date_format == "%d-%b-%y %I:%M %p 100%%"


def test_several_forms_of_dates(load: Load) -> None:
    """Forms that never read one text as two days may stand together."""
    settings = load(
        '[input]\ndate_format = ["%d.%m.%Y", "%Y-%m-%d", "excel", "unix", "unix-ms", "%G-W%V-%u"]\n'
    )

    assert settings.input.date_format == ["%d.%m.%Y", "%Y-%m-%d", "excel", "unix", "unix-ms", "%G-W%V-%u"]
