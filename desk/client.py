"""HTTP for the tool: one request at a time as one person, with refusals as exceptions that know their exit code."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

_TRIES = 3
_LONGEST_WAIT = 5.0
_TIMEOUT = urllib3.Timeout(connect=5, read=30)

EXIT_REFUSED = 1
EXIT_NOT_ALLOWED = 3
EXIT_NOT_FOUND = 4
EXIT_UNAVAILABLE = 5


class Refused(Exception):
    """The API said no. ``problem`` is its document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.problem = problem

    @property
    def exit_code(self) -> int:
        """What the tool ends with."""
        if self.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return EXIT_NOT_ALLOWED
        if self.status == HTTPStatus.NOT_FOUND:
            return EXIT_NOT_FOUND
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or self.status == HTTPStatus.TOO_MANY_REQUESTS:
            return EXIT_UNAVAILABLE
        return EXIT_REFUSED


class Unreachable(Exception):
    """The API does not answer."""

    exit_code = EXIT_UNAVAILABLE


@dataclass(slots=True)
class Api:
    """The API as one person of the support desk sees it."""

    url: str
    token: str
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=_TIMEOUT))

    def get(self, path: str, **query: Any) -> Any:
        """Reads; what is None is not asked for."""
        given = {name: _text(value) for name, value in query.items() if value is not None}
        return self._call("GET", f"{path}?{urlencode(given)}" if given else path)

    def pages(self, path: str, *, most: int, **query: Any) -> Iterator[Any]:
        """The things of a list, page by page, up to so many."""
        cursor, left = None, most
        while left > 0:
            page = self.get(path, limit=min(left, 100), cursor=cursor, **query)
            yield from page["data"]
            left, cursor = left - len(page["data"]), page["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Mapping[str, Any], *, key: bool = False) -> Any:
        """Does something. ``key`` sends an Idempotency-Key, so that a repetition after a failure does it once."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if key else {}
        return self._call("POST", path, body, headers)

    def patch(self, path: str, body: Mapping[str, Any], *, version: int | None = None) -> Any:
        """Changes something that is still as it was read, if a version is named."""
        return self._call("PATCH", path, body, {} if version is None else {"If-Match": f'"{version}"'})

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, more: Mapping[str, str] | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(more or {})}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
        repeatable = method == "GET" or "Idempotency-Key" in headers
        return self._tried(method, self.url + path, content, headers, tries=_TRIES if repeatable else 1)

    def _tried(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], *, tries: int) -> Any:
        for left in reversed(range(tries)):
            try:
                answer = self.http.request(method, url, body=content, headers=dict(headers))
            except urllib3.exceptions.HTTPError as error:
                if left == 0:
                    raise Unreachable(f"{self.url} does not answer ({type(error).__name__}).") from error
                time.sleep(0.5)  # a moment, for a service that is just being deployed
                continue
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE or left == 0:
                return _read(answer)
            time.sleep(min(_LONGEST_WAIT, float(answer.headers.get("Retry-After", "1"))))
        raise AssertionError("unreachable")  # the last try returns or raises


def part(text: str) -> str:
    """An id as part of a path."""
    return quote(text, safe="")


def _read(answer: urllib3.BaseHTTPResponse) -> Any:
    try:
        document = json.loads(answer.data) if answer.data else None
    except ValueError:
        document = {"detail": "The answer was no JSON.", "code": "unreadable"}
        raise Refused(max(answer.status, HTTPStatus.BAD_GATEWAY), document) from None
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise Refused(answer.status, document if isinstance(document, dict) else {})
    return document


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
