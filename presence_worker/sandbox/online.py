"""How signing in works at the sandbox, and how its tenant fares."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .ask import Ask

RUNNING = "Running"
IS_RUNNING = (RUNNING, "OnlineMaintenance")  # states in which requests are served
STATES = (
    *IS_RUNNING,
    "Unknown",
    "Provisioning",
    "Deleted",
    "Suspended",
    "OfflineMaintenance",
    "ProvisioningFailed",
    "Deleting",
    "DeleteFailed",
    "MigrationPending",
)
Gatekeeper = Callable[[Ask], int | None]  # gives the status to refuse a request with; None lets it in


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """What is asked of who signs in; by default whatever is well-formed will do."""

    strict: bool = False  # only tokens and tickets that the sandbox gave out, and only while they last
    token_life: float = 3600.0  # seconds; a ticket's begin anew with each request
    expired_as: int = 401  # what a token or ticket past its life is answered; 403 was seen, too
    rotates: bool = False  # each refresh token is good once, and brings the next one
    expects: Mapping[str, str] = field(default_factory=dict, repr=False)  # parts of sign-in requests, exactly
    app_key: bytes | None = field(default=None, repr=False)  # PEM, either half; None: no signature is checked
    gatekeeper: Gatekeeper | None = None  # asked about each request that needs credentials
    state: str = RUNNING  # of the tenant
    state_valid: float = 3600.0  # seconds until whoever knows the state shall ask again
    move_after: int | None = None  # PUTs until the tenant is on another host; None: it stays
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)  # tells the life of tokens
    now: Callable[[], float] = field(default=time.time, repr=False)  # seconds since 1970, for what is dated


ANYBODY_WELCOME = Online()
