"""A request, as far as the sandbox looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
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
