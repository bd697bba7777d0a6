"""What the support desk's tests share: an account, and a support agent with a ticket."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.desk.cli_runner import Terminal, served
from tests.gateway import Response
from tests.invariants import violations_in
from tests.world import TICKET, Person, World

INVOICE = {"method": "recent_invoice", "invoice_number": "INV-1", "invoice_date": "2027-01-15"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Sue, a support agent, with Acme's account, of which Olga is Sold To, Bill To and admin."""

    world: World
    sue: Person
    rob: Person
    olga: Person
    account: str
    olga_id: str

    @property
    def path(self) -> str:
        """The account's path for support."""
        return f"/v1/support/billing-accounts/{self.account}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """One request by Sue; changes carry a ticket."""
        if method != "GET":
            body = {"ticket_url": TICKET, **(body or {})}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.world.call(method, path, self.sue, body, sent)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """One request by Sue that must succeed."""
        answer = self.ask(method, path, body)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text}"
        return answer.json if answer.text else None

    def grant(self, email: str, **more: Any) -> Any:
        """Makes somebody a manager."""
        return self.ok("POST", f"{self.path}/managers", {"email": email, "verification": CONTRACT, **more})

    def history(self, *types: str) -> list[Any]:
        """The account's events of these types, newest first."""
        query = "&".join(f"type={each}" for each in types)
        return list(self.ok("GET", f"{self.path}/history?{query}")["data"])


CONTRACT = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}


@pytest.fixture
def desk(world: World, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The desk; at the end all invariants hold, except where a test ``breaks_invariants``."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    olga_id = world.id_of(olga)
    rob = world.support("rob@support.example", group="billing-support-readonly")
    yield Desk(world, world.support(), rob, olga, account, olga_id)
    if request.node.get_closest_marker("breaks_invariants") is None:
        assert violations_in(world.everything()) == []


@pytest.fixture
def terminal(desk: Desk) -> Iterator[Terminal]:
    """A terminal in which Sue types; the search index has the account."""
    desk.world.pipeline.drain()
    with served(desk.world) as url:
        yield Terminal(url, desk.sue.token)
