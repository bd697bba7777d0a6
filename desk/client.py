"""HTTP for the tool: one request at a time as one person, with refusals as exceptions that know their exit code."""

import json
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import urllib3

_TRIES = 3
_LONGEST_WAIT = 5.0
_MOST_PAGES = 50
_TIMEOUT = urllib3.Timeout(connect=5, read=30)

EXIT_REFUSED = 1
EXIT_NOT_ALLOWED = 3
EXIT_NOT_FOUND = 4
EXIT_UNAVAILABLE = 5


class Refused(Exception):
    """The API said no. ``problem`` is its document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any], *, retry_after: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.problem = problem
        self.retry_after = retry_after

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
        return self._call("GET", f"{path}?{urlencode(given, doseq=True)}" if given else path)

    def listed(self, path: str, *, most: int, **query: Any) -> tuple[list[Any], bool]:
        """The things of a list, read page by page up to so many, and whether the list continues."""
        found: list[Any] = []
        cursor = None
        for _ in range(_MOST_PAGES):  # where filters leave little of them, pages are short
            page = self.get(path, limit=min(most - len(found), 100), cursor=cursor, **query)
            found += page["data"]
            cursor = page["next_cursor"]
            if cursor is None or len(found) >= most:
                break
        return found, cursor is not None

    def post(self, path: str, body: Mapping[str, Any], *, key: bool = False) -> Any:
        """Does something. ``key`` sends an Idempotency-Key, so that a repetition after a failure does it once."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if key else {}
        return self._call("POST", path, body, headers)

    def patch(
        self, path: str, body: Mapping[str, Any], *, version: int | None = None, emptied: Collection[str] = ()
    ) -> Any:
        """Changes what is still as it was read, if a version is named. Fields to be ``emptied`` go as null."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self._call("PATCH", path, body, headers, emptied=emptied)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        more: Mapping[str, str] | None = None,
        *,
        emptied: Collection[str] = (),
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(more or {})}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            given = {name: value for name, value in body.items() if value is not None}
            content = json.dumps({**given, **dict.fromkeys(emptied)}).encode()
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
            time.sleep(_seconds(answer.headers.get("Retry-After")))
        raise AssertionError("unreachable")  # the last try returns or raises


def _read(answer: urllib3.BaseHTTPResponse) -> Any:
    try:
        document = json.loads(answer.data) if answer.data else None
    except ValueError:
        document = {"detail": "The answer was no JSON.", "code": "unreadable"}
        raise Refused(max(answer.status, HTTPStatus.BAD_GATEWAY), document) from None
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        problem = document if isinstance(document, dict) else {}
        if "code" not in problem:
            problem = {"detail": f"The answer was {answer.status}, and not the API's.", "code": "unreadable"}
        raise Refused(answer.status, problem, retry_after=answer.headers.get("Retry-After"))
    return document


def _seconds(said: str | None) -> float:
    """How long to wait; Retry-After may also be a date, or missing."""
    return min(_LONGEST_WAIT, float(said)) if said and said.isascii() and said.isdigit() else 1.0


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
