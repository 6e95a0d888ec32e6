"""A call as the sandbox sees it: the parts of the request that count, and the reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Mapping[str, Json] | Sequence[Json] | None"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request."""

    method: str
    path: str
    query: str  # as it came, still encoded
    scheme: str  # http or https
    host: str  # the service's, as the client calls it
    headers: Mapping[str, str] = field(repr=False)  # by name, in any case
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The type of the body, as it came; "" where it does not say."""
        return self.headers.get("Content-Type", "")

    @property
    def origin(self) -> str:
        """The address of the server, without a path."""
        return f"{self.scheme}://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error, in words."""

    kind: str  # the exception that SuperOffice would name
    words: str
    native: str = "so"  # the shape it was seen in; see ERROR_FORMATS in `bodies`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, or that there will be none."""

    status: int | None  # None: never answered
    value: "Json | bytes" = None  # of the body, as JSON knows it
    root: str | None = None  # what XML calls it; None: it is JSON whatever was asked for
    problem: Problem | None = None  # is answered instead of a value
    headers: Headers = ()  # beside the type of the body
    about: int = 0  # the associate ID, where the path does not have it; 0: none
    applied: bool = False  # whether a presence was stored
    reset: bool = False  # an unanswered connection is reset at once, otherwise it is left hanging


def success(value: Json, root: str | None = None, *, about: int = 0, applied: bool = False) -> Reply:
    """Answer 200 with a value, which XML calls *root*."""
    return Reply(status=200, value=value, root=root, about=about, applied=applied)


def refusal(status: int, kind: str, words: str, headers: Headers = ()) -> Reply:
    """Answer with an error as SuperOffice itself words them."""
    return Reply(status=status, problem=Problem(kind=kind, words=words), headers=headers)


def framework_refusal(words: str, status: int = 400) -> Reply:
    """Answer with an error as the framework beneath SuperOffice (ASP.NET) words them."""
    return Reply(status=status, problem=Problem(kind="SoArgumentException", words=words, native="aspnet"))


def no_such_associate(associate_id: int) -> Reply:
    """Answer 404 about an associate."""
    return refusal(404, "SoNotFoundException", f"No associate has the id {associate_id}.")


NO_SUCH_RESOURCE = refusal(404, "SoNotFoundException", "The sandbox has no such resource.")
FORBIDDEN = refusal(403, "SoSecurityException", "This user has no right to do that.")
NOT_SIGNED_IN = refusal(
    401,
    "SoSessionException",
    "No valid credentials: send Authorization with Basic, SOTicket or Bearer.",
    (("WWW-Authenticate", 'Basic realm="SuperOffice"'),),
)
FAULTY = {  # by status
    429: refusal(429, "SoThrottledException", "Too many requests."),
    500: refusal(500, "SoServerException", "Something went wrong."),
    503: refusal(503, "SoUnavailableException", "The service is not available."),
}
