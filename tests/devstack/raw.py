"""A bare HTTP client for the fake Zuora, without the safeguards of the real one."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from urllib3 import PoolManager, Timeout

from devstack.zuora import FakeZuora

CLIENT_ID, CLIENT_SECRET = "client-of-the-tests", "secret-of-the-tests"
DATED = "2025-08-12"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The content as JSON."""
        return json.loads(self.content)

    @property
    def code(self) -> int:
        """The numeric code of the only reason of a failure."""
        (reason,) = self.body["reasons"]
        assert isinstance(reason["code"], int)
        return reason["code"]


class Raw:
    """Sends exactly what it is given, with a token unless told otherwise."""

    def __init__(self, fake: FakeZuora) -> None:
        self._url = fake.url
        self._pool = PoolManager(retries=False, timeout=Timeout(5))
        self._token: str | None = None

    def token(self, *, client_id: str = CLIENT_ID, client_secret: str = CLIENT_SECRET) -> Reply:
        """POST /oauth/token."""
        form = f"grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.bare("POST", "/oauth/token", form.encode(), headers)

    def send(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        version: str | None = DATED,
        headers: Mapping[str, str] | None = None,
        read_timeout: float = 5,
    ) -> Reply:
        """One call with a token and a Zuora-Version."""
        if self._token is None:
            self._token = self.token().body["access_token"]
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **(headers or {})}
        given |= {"Zuora-Version": version} if version else {}
        return self.bare(method, target, content, given, read_timeout=read_timeout)

    def bare(
        self,
        method: str,
        target: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        read_timeout: float = 5,
    ) -> Reply:
        """One request exactly as given."""
        response = self._pool.request(
            method, self._url + target, body=content, headers=headers, timeout=Timeout(connect=5, read=read_timeout)
        )
        return Reply(response.status, response.headers, response.data)


def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Waits for something that another thread does; fails if it does not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        threading.Event().wait(0.005)


def person(**changes: str) -> dict[str, str]:
    """A contact as a request has it."""
    return {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "workEmail": "ada@example.com",
        "address1": "12 St James's Square",
        "city": "San Francisco",
        "state": "CA",
        "zipCode": "94105",
        "country": "USA",
    } | changes
