"""Sessions: who is signed in, for how long, and which forms are ours."""

from collections.abc import Mapping

import pytest

from presence_worker.serve.pages.browser_sessions import BrowserSessions
from presence_worker.settings.serve import AccessToken

OLD, NEW = "a" * 64, "b" * 64


class Clock:
    """A clock that stands."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def configured(sha256: str = OLD, **others: str) -> Mapping[str, AccessToken]:
    """Give the tokens of a configuration."""
    return {
        name: AccessToken(sha256=each, roles=["read"]) for name, each in {"ann": sha256, **others}.items()
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> BrowserSessions:
    return BrowserSessions(clock)


def test_a_session_is_found_by_its_cookie_until_it_ends(sessions: BrowserSessions, clock: Clock) -> None:
    """Not a second longer than `serve.session`."""
    value = sessions.begin("ann", OLD, 60)

    clock.now = 59.9
    assert sessions.find(value, configured()) == "ann"
    clock.now = 60
    assert sessions.find(value, configured()) is None


def test_whoever_signs_in_gets_a_new_cookie(sessions: BrowserSessions) -> None:
    """A cookie that somebody planted before is never the session's."""
    assert len({sessions.new_value(), sessions.begin("ann", OLD, 60), sessions.begin("ann", OLD, 60)}) == 3


@pytest.mark.parametrize("value", [None, "", "x", "ann"])
def test_any_other_cookie_is_no_session(sessions: BrowserSessions, value: str | None) -> None:
    """Also the value of somebody who has not signed in yet."""
    sessions.begin("ann", OLD, 60)

    assert sessions.find(value, configured()) is None
    assert sessions.find(sessions.new_value(), configured()) is None


@pytest.mark.parametrize("tokens", [{}, configured(NEW)], ids=["gone", "replaced"])
def test_a_token_that_is_gone_or_replaced_ends_its_sessions(
    sessions: BrowserSessions, tokens: Mapping[str, AccessToken]
) -> None:
    """At once: whoever takes a token away need not wait for eight hours."""
    value = sessions.begin("ann", OLD, 60)

    assert sessions.find(value, tokens) is None


def test_signing_out_ends_one_session(sessions: BrowserSessions) -> None:
    """Another browser stays signed in."""
    one, other = sessions.begin("ann", OLD, 60), sessions.begin("ann", OLD, 60)

    sessions.end(one)
    sessions.end("unknown")

    assert sessions.find(one, configured()) is None
    assert sessions.find(other, configured()) == "ann"


def test_a_form_is_ours_for_one_browser(sessions: BrowserSessions) -> None:
    """Its token fits the cookie it was made for, before a restart, and no other."""
    value = sessions.new_value()
    token = sessions.form_token(value)

    assert sessions.fits(token, value)
    assert not sessions.fits(token, sessions.new_value())
    assert not sessions.fits(token, None)
    assert not sessions.fits("", value)
    assert not sessions.fits("é", value)
    assert not BrowserSessions().fits(token, value)


# -- several machines that share keys ------------------------------------------------------------------------

KEY, NEWER = b"1" * 32, b"2" * 32


def sharing(clock: Clock, *keys: bytes) -> BrowserSessions:
    return BrowserSessions(keys=lambda: keys, shared_clock=clock)


def test_who_signed_in_at_one_machine_is_signed_in_at_all(clock: Clock) -> None:
    """As long as `serve.session`, and as long as the token is the same."""
    one, other = sharing(clock, KEY), sharing(clock, KEY)
    value = one.begin("ann", OLD, 60)

    assert other.find(value, configured()) == "ann"
    assert other.find(value, configured(NEW)) is None
    assert other.find(value, {}) is None
    clock.now = 60
    assert other.find(value, configured()) is None


def test_a_key_may_be_changed_while_people_are_signed_in(clock: Clock) -> None:
    """A machine that has both keys takes what either has signed."""
    value = sharing(clock, KEY).begin("ann", OLD, 60)
    form_token = sharing(clock, KEY).form_token(value)

    both = sharing(clock, NEWER, KEY)

    assert both.find(value, configured()) == "ann"
    assert both.fits(form_token, value)
    assert sharing(clock, NEWER).find(value, configured()) is None
    assert sharing(clock).find(value, configured()) is None


@pytest.mark.parametrize("part", range(4))
def test_a_cookie_that_was_changed_is_no_session(clock: Clock, part: int) -> None:
    """Neither its chance, nor its end, nor its name, nor its signature can be another."""
    parts = sharing(clock, KEY).begin("ann", OLD, 60).split(".")
    parts[part] = {1: "9999999999", 2: b"eve".hex()}.get(part, f"{parts[part][:-1]}é")

    assert sharing(clock, KEY).find(".".join(parts), configured(eve=OLD)) is None


def test_a_cookie_of_another_machine_has_no_secret_of_ours(clock: Clock) -> None:
    """Two sign-ins never give the same cookie, and none has the digest of the token in it."""
    one, other = (sharing(clock, KEY).begin("ann", OLD, 60) for _ in range(2))

    assert one != other
    assert OLD not in one


def test_signing_out_ends_a_shared_session_here(clock: Clock) -> None:
    """Also if somebody has kept the cookie; strange cookies are no trouble."""
    sessions = sharing(clock, KEY)
    value, other = sessions.begin("ann", OLD, 60), sessions.begin("ann", OLD, 60)

    for each in (value, "x.y.z", f"x.{'9' * 400}.z", ".", None):
        sessions.end(each)

    assert sessions.find(value, configured()) is None
    assert sessions.find(other, configured()) == "ann"


def test_a_form_of_one_machine_fits_at_another(clock: Clock) -> None:
    """For the same browser, and no other."""
    one, other = sharing(clock, KEY), sharing(clock, KEY)
    value = one.new_value()

    assert other.fits(one.form_token(value), value)
    assert not other.fits(one.form_token(value), other.new_value())
    assert not sharing(clock, NEWER).fits(one.form_token(value), value)


def test_the_cookie_has_the_prefix_where_browsers_come_by_https(sessions: BrowserSessions) -> None:
    """Without https a browser would refuse it."""
    assert sessions.cookie_name(is_secure=True) == "__Host-session"
    assert sessions.cookie_name(is_secure=False) == "session"
