"""Which ways to sign in a service offers, and what follows from that."""

import pytest
from multidict import CIMultiDict

from presence_worker.superoffice.answer_headers import advice, schemes

NTLM_ADVICE = ' but not Basic. Set auth.scheme = "ntlm" and use a Windows account'


@pytest.mark.parametrize(
    ("offers", "found"),
    [
        ([], []),
        (["Basic"], ["Basic"]),
        (['Basic realm="Super, Office", charset="UTF-8"'], ["Basic"]),
        (["Negotiate", "NTLM", 'Basic realm="x"'], ["Negotiate", "NTLM", "Basic"]),
        (['Digest realm="a \\" Bearer, Basic", nonce=x, Bearer scope="y"'], ["Digest", "Bearer"]),
        (["Negotiate oYG2MIGzoAMK=="], ["Negotiate"]),
        (["NTLM", "ntlm"], ["NTLM"]),
        (["realm = x", "\x1b[31m", "", ",,"], []),
        (["A, B, C, D, E, F, G, H"], ["A", "B", "C", "D", "E", "F"]),
    ],
)
def test_the_schemes_that_are_offered(offers: list[str], found: list[str]) -> None:
    """Each once, in order, whether they come in one header or in several; parameters are none."""
    assert schemes(CIMultiDict(("WWW-Authenticate", offer) for offer in offers)) == found


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        ("Basic", "it offers Basic"),
        ("Bearer", "it offers Bearer"),
        ("NTLM", f"it offers NTLM{NTLM_ADVICE}"),
        ("Negotiate, NTLM", f"it offers Negotiate and NTLM{NTLM_ADVICE}"),
        ("Negotiate, NTLM, Basic realm=x", "it offers Negotiate, NTLM and Basic"),
        ("", ""),
    ],
)
def test_ntlm_is_suggested_where_it_fits(offer: str, words: str) -> None:
    """Where a Windows account is let in and Basic is not; with Basic, only the password is wrong."""
    assert advice({"WWW-Authenticate": offer}) == words
