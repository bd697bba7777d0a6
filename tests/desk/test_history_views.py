"""Customers never see what the desk typed, nor which agent acted (R40)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain import event_facts
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream
from chalicelib.domain.people import SUPPORT, admin_actor, customer_actor
from tests.desk.conftest import Desk
from tests.world import Person

MARK = "kept-from-customers"
URL = f"https://files.example/{MARK}?token=secret"
TYPED = {"ticket_url": f"https://tickets.example/{MARK}"}
PROOF = {"method": "namespace_owner", "namespace": MARK, "evidence_url": URL, "checked_by_admin": True}
FORBIDDEN = (MARK, "admin:", "support.example", "pseudonym")
READ_BY_MANAGERS = (
    "", "/permissions", "/managers", "/contacts", "/history?limit=100",
    "/invitations?status=pending&status=revoked&status=accepted&limit=100",
)  # fmt: skip


def _acts(desk: Desk) -> str:
    """Everything that the desk can do to an account and its people, each with texts that only support may see."""
    carl = desk.ok("POST", f"{desk.path}/managers", {"email": "carl@acme.example", "verification": PROOF, **TYPED})
    carls = f"{desk.path}/managers/{carl['id']}"
    desk.ok("PATCH", carls, {"role": "viewer", **TYPED})
    desk.ok("PATCH", desk.path, {"managed_by": "managers", "max_managers": 7, **TYPED})
    desk.ok("PATCH", f"/v1/support/customers/{carl['id']}", {"email": "karl@acme.example", **TYPED})
    contact = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    desk.ok("PATCH", f"/v1/support/contacts/{contact}", {"city": "Hamburg", **TYPED})
    desk.ok("POST", f"/v1/support/contacts/{contact}/sync", TYPED)
    desk.ok("POST", f"{carls}/remove", {"reason": f"suspected fraud, {MARK}", **TYPED})
    transfer = {"from": desk.olga_id, "to": {"email": "nina@acme.example"}, "verification": PROOF, **TYPED}
    started = desk.ok("POST", f"{desk.path}/transfer", transfer)
    desk.world.pipeline.drain()
    desk.ok("POST", f"{desk.path}/transfers/{started['id']}/cancel", TYPED)
    desk.world.pipeline.drain()
    return str(carl["id"])


def _read(desk: Desk, who: Person) -> dict[str, str]:
    return {
        path: json.dumps(desk.world.ok("GET", f"/v1/billing-accounts/{desk.account}{path}", who))
        for path in READ_BY_MANAGERS
    }


def test_nothing_that_the_desk_typed_reaches_a_manager(desk: Desk) -> None:
    """R40, R60: neither in any answer nor in any mail; support reads all of it."""
    _acts(desk)
    for path, text in _read(desk, desk.olga).items():
        for word in FORBIDDEN:
            assert word not in text, (path, word)
    assert desk.world.ses.sent
    for mail in desk.world.ses.sent:
        for word in FORBIDDEN:
            assert word not in mail.subject + mail.text + mail.html, (mail.to, mail.subject, word)
    whole = json.dumps(desk.ok("GET", f"{desk.path}/history?limit=100"))
    assert all(word in whole for word in (MARK, "admin:sue@support.example"))


def test_managers_see_support_instead_of_the_agent(desk: Desk) -> None:
    """R40: in the history and at the manager that support added."""
    made = desk.grant("carl@acme.example")
    path = f"/v1/billing-accounts/{desk.account}"
    acted = {each["type"]: each["actor"] for each in desk.world.ok("GET", f"{path}/history", desk.olga)["data"]}
    assert acted["membership_granted"] == acted["account_imported"] == "Support"
    carl = desk.world.person("carl@acme.example")
    for reader in (desk.olga, carl):
        seen = {each["id"]: each["added_by"] for each in desk.world.ok("GET", f"{path}/managers", reader)["data"]}
        assert seen == {desk.olga_id: "Support", made["id"]: "Support"}
    changed = desk.world.ok("PATCH", f"{path}/managers/{made['id']}", desk.olga, {"role": "viewer"})
    assert changed["added_by"] == "Support"


def _event(kind: EventType, /, **data: Any) -> Event:
    now = datetime.now(UTC)
    return Event("evt_1", account_stream("a"), kind, now, admin_actor("sue@support.example"), "account:a", "a", data)


@pytest.mark.parametrize("kind", EventType)
def test_a_fact_that_is_not_listed_is_not_shown(kind: EventType) -> None:
    """R40: an allowlist per event; anything else in an item is for support only."""
    listed = dict.fromkeys(kind.entry.shown, "shown")
    event = _event(kind, **listed, invented=MARK, reason=MARK, ticket_url=URL)
    seen = event_facts.for_managers(event)
    assert (seen.data, seen.actor) == (listed, SUPPORT)
    assert (seen.id, seen.type, seen.at, seen.subject) == (event.id, event.type, event.at, event.subject)


def test_customers_and_the_service_keep_their_names() -> None:
    """R40."""
    for actor in (customer_actor("cus_1"), "system:expiry", "zuora", "invitee"):
        assert event_facts.actor_for_managers(actor) == actor  # type: ignore[arg-type]
