"""Scheme `ntlm`: a Windows account's name and password, proven once for each connection."""

import base64
import itertools
import logging
import struct

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from spnego import ContextProxy, NegotiateOptions, client
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from ...errors import Suspect
from ...settings import Auth, Settings
from ..answer_headers import advice, offers, schemes
from ..auth_secrets import application, origin, secret_now
from ..http_messages import Answer
from ..login_host import LoginHost
from ..request_errors import refusal
from .credential import Ask, Authenticate, Certificate, Credential, Scheme, SignIn

SIGNED_OUT = 401
WORDS = ("NTLM", "Negotiate")  # under which a server may offer it; the first that it does
MALFORMED = (SpnegoError, ValueError, LookupError, TypeError, struct.error)  # strange challenges
WEAK = (hashes.MD5, hashes.SHA1)  # a certificate signed with one of these is named by its SHA-256 (RFC 5929)

logging.getLogger("spnego").setLevel(logging.WARNING)  # below, it logs what proves who we are


def make_sign_in(settings: Settings, _: LoginHost) -> SignIn:
    """Make the function that stands for the account; the password is for the connections alone."""
    auth = settings.auth
    turns = itertools.count()  # a connection that is no longer known signs in again, with the same account

    async def sign_in() -> Credential:
        return Credential(
            headers=application(auth, "app_token"), secrets=(secret_now(auth, "password"),), turn=next(turns)
        )

    return sign_in


def make_authenticate(auth: Auth) -> Authenticate:
    """Make the function that signs a connection in: in three requests without a body."""

    async def authenticate(ask: Ask, certificate: Certificate) -> None:
        word = _find_offer(await ask(None))
        context = _context(auth, certificate())
        challenged = await ask(f"{word} {_encode(context.step())}")
        proof = _proof(context, challenged, word)
        answer = await ask(f"{word} {_encode(proof)}")
        if answer.status == SIGNED_OUT:
            raise refusal(
                "SuperOffice rejected the credentials (401) at the NTLM sign-in; check "
                f"{origin(auth)}, and that no proxy shares connections",
                Suspect.SIGN_IN,
            )

    return authenticate


def _context(auth: Auth, certificate: bytes | None) -> ContextProxy:
    """Begin to prove who we are; where there is TLS, to this server alone."""
    bound = certificate and fingerprint(certificate)
    to_server = GssChannelBindings(application_data=b"tls-server-end-point:" + bound) if bound else None
    return client(
        auth.username,
        secret_now(auth, "password"),
        protocol="ntlm",
        options=NegotiateOptions.use_ntlm,  # the same on every system
        channel_bindings=to_server,
    )


def fingerprint(certificate: bytes) -> bytes | None:
    """Return the hash that stands for a certificate, by the rule of RFC 5929; None where it has none."""
    try:
        read = x509.load_der_x509_certificate(certificate)
        algorithm = read.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return None
    if algorithm is None:
        return None
    return read.fingerprint(hashes.SHA256() if isinstance(algorithm, WEAK) else algorithm)


def _find_offer(answer: Answer) -> str:
    """Return the word under which SuperOffice offers NTLM; raise RefusedError where it does not."""
    found = {scheme.lower() for scheme in schemes(answer.headers)}
    word = next((word for word in WORDS if word.lower() in found), None)
    if answer.status != SIGNED_OUT or word is None:
        offered = advice(answer.headers) if answer.status == SIGNED_OUT else ""
        raise refusal(
            f"SuperOffice does not offer NTLM sign-in (it answered {answer.status}); "
            f"{offered and f'{offered}; '}check target.base_url, and that Windows authentication is on "
            "for SuperOffice's web API in IIS"
        )
    return word


def _proof(context: ContextProxy, answer: Answer, word: str) -> bytes:
    """Answer SuperOffice's challenge; raise RefusedError where it is none."""
    parts = [offer.split() for offer in offers(answer.headers)]
    tokens = [token for scheme, *token in parts if scheme.lower() == word.lower()]
    try:
        (token,) = next(found for found in tokens if found)
        return context.step(base64.b64decode(token, validate=True)) or b""
    except (StopIteration, *MALFORMED):
        raise refusal(
            f"SuperOffice answered {answer.status} to NTLM without a challenge that can be read; check that "
            "no proxy shares connections"
        ) from None


def _encode(token: bytes | None) -> str:
    return base64.b64encode(token or b"").decode()


NTLM = Scheme(
    needed=("auth.username", "auth.password"),
    make_sign_in=make_sign_in,
    make_authenticate=make_authenticate,
)
