"""As whom a request goes out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from .exchange import Answer

FOREVER = float("inf")
RENEWED_AT = 0.8  # of its life


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What shows the service who we are; two that show the same are equal."""

    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False, compare=False)  # to blot out wherever they turn up
    life: float = field(default=FOREVER, compare=False)  # seconds from when it was given
    root: str | None = field(default=None, compare=False)  # of the service, where the credential names it
    turn: int = 0  # tells apart what shows the same, but is proven anew

    @property
    def renew_after(self) -> float:
        """Seconds from when it was given until a new one is to be fetched."""
        return RENEWED_AT * self.life


SignIn = Callable[[], Awaitable[Credential]]  # raises SignInUnavailable and RefusedError
Ask = Callable[..., Awaitable[Answer]]  # with what is shown in `Authorization`, or nothing
Certificate = Callable[[], bytes | None]  # of the other end, once there is a connection
Authenticate = Callable[[Ask, Certificate], Awaitable[None]]  # signs a connection in; raises as SignIn does
