"""Where requests go and as whom, kept up to date while they go out."""

from collections.abc import Callable, MutableMapping
from typing import NamedTuple

import anyio
from yarl import URL

from ..errors import Suspect
from .credential import FOREVER, Credential
from .request_errors import refusal
from .single_flight import Cached
from .tenant import Residence

NEVER = -FOREVER


class Pass(NamedTuple):
    """With what a request went out."""

    residence: Residence
    credential: Credential


NOTHING = Pass(Residence(root=None), Credential(headers={}, secrets=()))


class Access:
    """Owns what is in force: the root, and the headers that show who we are.

    A new credential is shown by one request first; the others wait until the service has taken it.
    """

    def __init__(
        self,
        residence: Cached[Residence],
        credential: Cached[Credential],
        *,
        headers: MutableMapping[str, str],  # that go with each request to the service
        secrets: list[str],  # grows by what is obtained
        root_of: Callable[[str], URL],  # of what a ticket says; raises RefusedError
        clock: Callable[[], float],
    ) -> None:
        self.residence = residence
        self.credential = credential
        self.alone = anyio.Lock()  # held by who shows a new credential
        self.root = URL()
        self.shown = NOTHING  # what requests go out with now
        self.is_proven = False  # the service has taken the credential
        self.sure_until = NEVER  # no need to look before
        self._headers = headers
        self._secrets = secrets
        self._root_of = root_of
        self._clock = clock

    async def prepare(self) -> None:
        """Bring everything up to date. Raises what `Cached.held` raises."""
        shown = Pass(await self.residence.held(), await self.credential.held())
        if shown.credential is not self.shown.credential:
            self._show(shown.credential)
        self.root = shown.residence.root or self._named(shown.credential)
        self.shown = shown
        self.sure_until = min(self.residence.due, self.credential.due) if self.is_proven else NEVER

    def _named(self, credential: Credential) -> URL:
        if credential.root is None:
            raise refusal(
                "the tenant's state does not say where the service is; set target.base_url", Suspect.TARGET
            )
        return self._root_of(credential.root)

    def _show(self, credential: Credential) -> None:
        self._headers.update(credential.headers)  # a scheme's headers have always the same names
        self._secrets.extend(secret for secret in credential.secrets if secret not in self._secrets)
        self.is_proven = False

    def prove(self) -> None:
        """Take in that the service has taken the credential that is shown."""
        self.is_proven = True
        self.sure_until = min(self.residence.due, self.credential.due)

    def doubt(self) -> None:
        """Look again before the next request."""
        self.sure_until = NEVER

    def is_current(self, used: Pass) -> bool:
        """Whether a request went out with the credential that is shown now."""
        return used.credential is self.shown.credential
