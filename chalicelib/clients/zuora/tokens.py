"""The OAuth token: fetched when needed, shared by all threads, replaced once when Zuora refuses it."""

import logging
import math
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import HTTPError

from chalicelib import deadline
from chalicelib.clients.zuora.content import content_of
from chalicelib.clients.zuora.failures import raise_for_status
from chalicelib.failures import Retryable
from chalicelib.frozen import frozen
from chalicelib.untrusted_json import Unreadable, parsed

logger = logging.getLogger(__name__)

PATH = "/oauth/token"
MARGIN_SECONDS = 300  # a token is not used in the last minutes of its hour
LONGEST_LIFETIME = 86_400.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@frozen
class ZuoraCredentials:
    """An OAuth client of the tenant. The secret does not show in representations."""

    client_id: str
    client_secret: str = field(repr=False)


class Tokens:
    """The current token of one OAuth client.

    ``credentials`` is called for every new token and never otherwise: once an hour, and after a refusal. It should
    read the secret again each time, so that a rotated one is picked up.
    """

    def __init__(
        self,
        *,
        url: str,
        credentials: Callable[[], ZuoraCredentials],
        pool: PoolManager,
        headers: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._pool = pool
        self._headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    def current(self) -> str:
        """The token to use now; other threads wait while it is being fetched. Raises Retryable."""
        with self._lock:
            if self._token is None or self._clock() >= self._good_until:
                asked_at = self._clock()
                self._token, lifetime = self._fetch()
                self._good_until = asked_at + lifetime - MARGIN_SECONDS
            return self._token

    def refuse(self, token: str) -> None:
        """Zuora refused this token: drops it, unless another thread has replaced it already."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _fetch(self) -> tuple[str, float]:
        track_id = str(uuid.uuid4())
        response, content = self._ask(self._credentials(), track_id)
        request_id = response.headers.get("Zuora-Request-Id")
        logger.info("zuora POST %s track_id=%s status=%s request_id=%s", PATH, track_id, response.status, request_id)
        try:
            raise_for_status(response.status, response.headers, None)
        except Retryable as failure:
            # Wrong credentials are an outage, not a refusal of the work at hand: nothing may be given up for them.
            raise Retryable(f"no access token: {failure}", retry_after=failure.retry_after) from None
        return _token_in(content)

    def _ask(self, credentials: ZuoraCredentials, track_id: str) -> tuple[BaseHTTPResponse, bytes]:
        if deadline.is_over():
            raise Retryable("no time is left to ask Zuora")
        form = {
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "grant_type": "client_credentials",
        }
        headers = {**self._headers, "Zuora-Track-Id": track_id}
        try:
            response = self._pool.request(
                "POST",
                self._url + PATH,
                body=urlencode(form),
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            return response, content_of(response)
        except HTTPError as failure:
            raise Retryable(f"no access token: {type(failure).__name__}") from failure


def _token_in(content: bytes) -> tuple[str, float]:
    """The token and its lifetime in seconds; a lifetime that is none is a bad answer, a very long one is cut."""
    try:
        answer = parsed(content)
        said = answer if isinstance(answer, dict) else {}
        token, lifetime = said.get("access_token"), float(said.get("expires_in", ""))
    except (Unreadable, ValueError, TypeError, OverflowError):
        token, lifetime = None, math.nan
    if not isinstance(token, str) or not _TOKEN.fullmatch(token) or not lifetime > 0:
        raise Retryable("no access token: the answer cannot be read")
    return token, min(lifetime, LONGEST_LIFETIME)
