"""HTTP over the network, and common set-ups, on the running stack."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import urllib3

from devstack.portal import Person, Portal
from devstack.stack import Stack

TICKET = "https://tickets.example/4711"
PATIENCE_SECONDS = 60
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.json["code"])


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False, timeout=60, maxsize=16)


def send(
    stack: Stack,
    method: str,
    path: str,
    *,
    who: Person | None = None,
    body: Any = None,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request to the API; what is not given is not sent."""
    sent = dict(headers or {})
    if body is not None:
        raw = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    if who is not None:
        sent["Authorization"] = f"Bearer {who.token}"
    answer = _pool().request(method, f"{stack.api_url}{path}", body=raw, headers=sent)
    return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Waits until something that other processes do has happened."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"after {PATIENCE_SECONDS} s still not: {what}"
        time.sleep(0.1)  # there is nothing to subscribe to


@dataclass(frozen=True, slots=True)
class Company:
    """An imported account with its first manager; each has addresses of its own."""

    account_id: str
    owner: Person
    domain: str

    @property
    def path(self) -> str:
        """The path of the account."""
        return f"/v1/billing-accounts/{self.account_id}"


def company(portal: Portal) -> Company:
    """A fresh account, imported by support, whose Sold To has signed in."""
    domain = f"company{next(_numbers)}.example"
    owner = portal.sign_in("Olga Owner", f"olga@{domain}")
    contact = {"firstName": "Olga", "lastName": "Owner", "workEmail": owner.email, "country": "Germany"}
    made = portal.zuora(
        "POST", "/v1/accounts", {"name": "Acme Ltd", "currency": "USD", "billCycleDay": 1, "billToContact": contact}
    )
    sue = portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])
    asked = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
    status, imported = portal.call("POST", "/v1/support/billing-accounts", sue, asked)
    assert status == 201, imported
    return Company(imported["id"], owner, domain)


def invite(portal: Portal, of: Company, name: str) -> tuple[Person, str]:
    """Invites a colleague; returns them and the id of the invitation."""
    colleague = portal.sign_in(f"{name.title()} Colleague", f"{name}@{of.domain}")
    status, invitation = portal.call("POST", f"{of.path}/invitations", of.owner, {"email": colleague.email})
    assert status == 201, invitation
    return colleague, str(invitation["id"])
