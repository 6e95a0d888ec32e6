"""What stands around each request where a proxy is configured, or where requests are logged."""

from collections.abc import Mapping
from time import perf_counter

import aiohttp
import structlog

from ..errors import Suspect
from ..wording import series
from .answer_headers import schemes
from .request_errors import RefusedError, refusal

PROXY_REFUSED = 407
log = structlog.get_logger()


class ProxyGuard:
    """Owns the knowledge that the proxy has refused us: it is not asked again, lest an account be locked."""

    def __init__(self) -> None:
        self._refusal: RefusedError | None = None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a request; raise RefusedError where the proxy wants to know who we are, now or before."""
        if self._refusal:
            raise RefusedError(self._refusal.outcome)
        try:
            response = await handler(request)
        except aiohttp.ClientHttpProxyError as error:
            if error.status != PROXY_REFUSED:
                raise
            raise self._refuse(error.headers or {}) from None
        if response.status == PROXY_REFUSED:
            response.close()
            raise self._refuse(response.headers)
        return response

    def _refuse(self, headers: Mapping[str, str]) -> RefusedError:
        found = schemes(headers, "proxy-authenticate")
        offered = f"; it offers {series(found, 'and')}" if found else ""
        words = f"the proxy refused us (407): correct the user name and password in target.proxy{offered}"
        if found and "basic" not in map(str.lower, found):
            words = f"{words}, and only Basic is supported: let it pass this machine without signing in"
        self._refusal = refusal(words, Suspect.PROXY)
        return self._refusal


async def log_request(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Log each request with the status of its answer; its query and headers stay out of the log."""
    status, began = None, perf_counter()
    try:
        response = await handler(request)
        status = response.status
    finally:  # an error has no words that are safe to log
        log.debug(
            "request",
            method=request.method,
            path=request.url.raw_path,
            status=status,
            duration_ms=round((perf_counter() - began) * 1000, 1),
        )
    return response
