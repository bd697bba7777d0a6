"""One call to Zuora: headers, at most two attempts, one log line per attempt, and a body that is a success."""

import json
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import quote, urlencode

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProtocolError

from chalicelib import deadline
from chalicelib.clients.zuora.content import content_of
from chalicelib.clients.zuora.failures import TokenRefused, Transient, raise_for_reasons, raise_for_status, reasons_of
from chalicelib.clients.zuora.tokens import Tokens
from chalicelib.failures import Retryable
from chalicelib.frozen import frozen
from chalicelib.untrusted_json import Unreadable, parsed

logger = logging.getLogger(__name__)

READING = "GET"
PAUSE_MILLISECONDS = 250
A_CALL_SECONDS = 25
"""So long a call may take with its token and its second try, where whoever makes it has set no sooner deadline."""


def short_pause() -> None:
    """Waits for up to a quarter of a second, at random, so that callers do not retry all at once."""
    time.sleep(secrets.randbelow(PAUSE_MILLISECONDS) / 1000)


@frozen
class Request:
    """A method, the template of a path (which may be logged; the path itself may not), and what goes with it."""

    method: str
    template: str
    keys: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    body: Mapping[str, str] | None = None
    idempotency_key: str | None = None

    def target(self) -> str:
        """The path with its keys and query filled in and quoted; an empty key is a mistake in our code."""
        if not all(self.keys.values()):
            raise ValueError(f"{self.method} {self.template} needs its keys")
        path = self.template.format(**{name: quote(key, safe="") for name, key in self.keys.items()})
        return f"{path}?{urlencode(self.query)}" if self.query else path


class Transport:
    """Sends requests. A second try follows a refused token, and what may heal at once if the request only reads.

    A request that writes is never sent again by itself after anything but a refused token: it may have taken effect.
    """

    def __init__(
        self, *, url: str, tokens: Tokens, pool: PoolManager, headers: Mapping[str, str], pause: Callable[[], None]
    ) -> None:
        self._url = url
        self._tokens = tokens
        self._pool = pool
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip", **headers}
        self._pause = pause

    def send(self, request: Request) -> dict[str, Any]:
        """The JSON object that answers the request. Raises Retryable or Permanent; Retryable when time is over."""
        with deadline.within(A_CALL_SECONDS):
            return self._send(request)

    def _send(self, request: Request) -> dict[str, Any]:
        track_id = str(uuid.uuid4())
        token = self._tokens.current()
        try:
            return self._try(request, token, track_id)
        except TokenRefused:
            self._tokens.refuse(token)
        except Transient:
            if request.method != READING:
                raise
            self._pause()
        return self._try(request, self._tokens.current(), track_id)

    def _try(self, request: Request, token: str, track_id: str) -> dict[str, Any]:
        about = f"{request.method} {request.template} track_id={track_id}"
        try:
            response, content = self._exchange(
                request, {"Authorization": f"Bearer {token}", "Zuora-Track-Id": track_id}
            )
        except Retryable as failure:
            logger.warning("zuora %s failed: %s", about, failure)
            raise
        body = _json(content)
        logger.info(
            "zuora %s status=%s request_id=%s process_id=%s",
            about,
            response.status,
            response.headers.get("Zuora-Request-Id"),
            body.get("processId") if isinstance(body, dict) else None,
        )
        return _success(request, response, body)

    def _exchange(self, request: Request, headers: Mapping[str, str]) -> tuple[BaseHTTPResponse, bytes]:
        if deadline.is_over():
            raise Retryable("no time is left to ask Zuora")
        content = None
        headers = {**self._headers, **headers}
        if request.body is not None:
            content, headers["Content-Type"] = json.dumps(request.body), "application/json"
        if request.idempotency_key is not None:
            headers["Idempotency-Key"] = request.idempotency_key
        url = self._url + request.target()
        try:
            response = self._pool.request(
                request.method, url, body=content, headers=headers, redirect=False, retries=False, preload_content=False
            )
            return response, content_of(response)
        except (ConnectTimeoutError, ProtocolError) as failure:  # no connection, or it broke
            raise Transient(f"no connection to Zuora: {type(failure).__name__}") from failure
        except HTTPError as failure:
            raise Retryable(f"no answer from Zuora: {type(failure).__name__}") from failure


def _json(content: bytes) -> object:
    try:
        return parsed(content)
    except Unreadable:  # HTML or plain text from a gateway, or a broken body
        return None


def _success(request: Request, response: BaseHTTPResponse, body: object) -> dict[str, Any]:
    """The body of a success. Lists may lack ``success``; a change without it is not one."""
    raise_for_reasons(reasons_of(body), status=response.status, headers=response.headers)
    raise_for_status(response.status, response.headers, body)
    if not isinstance(body, dict):
        raise Retryable("Zuora's answer cannot be read")
    success = body.get("success")
    if success is not True and not (success is None and request.method == READING):
        raise Retryable("Zuora's answer does not say that it succeeded")
    return body
