"""Support makes somebody a manager (R60, R62)."""

import json
from typing import Any

import pytest
import time_machine

from tests.desk.conftest import CONTRACT, Desk
from tests.world import TICKET

WHOLE: dict[str, dict[str, Any]] = {
    "sold_to_approval": {"approved_by": "olga@acme.example", "approval_url": TICKET},
    "bill_to_approval_with_invoice": {
        "approved_by": "olga@acme.example", "approval_url": TICKET, "invoice_number": "I1",
        "invoice_date": "2027-02-01",
    },
    "prior_contract": {"contract_url": TICKET},
    "recent_invoice": {"invoice_number": "I1", "invoice_date": "2027-02-01"},
    "license_text": {"license_text": "eyJkYXRhIjoiTGljZW5zZSBvZiBBY21lIEx0ZCJ9"},
    "namespace_owner": {"namespace": "acme", "evidence_url": TICKET, "checked_by_admin": True},
    "reseller_vouch": {
        "requester_email": "ron@reseller.example", "reseller_zuora_account_id": "r", "license_activated": False,
    },
}  # fmt: skip


def test_a_person_without_a_record_becomes_a_manager_and_is_welcomed(desk: Desk) -> None:
    """R62, I1, I5: a record, a membership by grant, one event with the proof, mails to both sides."""
    world = desk.world
    carl = world.person("carl@acme.example")
    made = desk.grant("Carl@Acme.example")
    assert (made["email"], made["role"], made["new_customer"]) == ("carl@acme.example", "manager", True)
    assert (made["login_activated"], made["is_sold_to"]) == (True, False)
    assert made["added_by"] == "admin:sue@support.example"
    assert world.ok("GET", f"/v1/billing-accounts/{desk.account}", carl)["my_role"] == "manager"
    (event,) = desk.history("membership_granted")
    assert (event["actor"], event["subject"]) == ("admin:sue@support.example", f"manager:{made['id']}")
    assert event["data"]["method"] == "prior_contract"
    assert event["data"]["ticket_url"] == TICKET
    world.pipeline.drain()
    assert "support" in world.mails_to("carl@acme.example")[0].text
    assert "carl@acme.example" not in world.mails_to("olga@acme.example")[0].text


def test_a_known_customer_is_added_by_id_in_any_role(desk: Desk) -> None:
    """R62."""
    carl = desk.ok(
        "POST", "/v1/support/customers", {"email": "carl@acme.example", "first_name": "Carl", "last_name": "C"}
    )
    body = {"customer_id": carl["id"], "role": "admin", "verification": CONTRACT}
    made = desk.ok("POST", f"{desk.path}/managers", body)
    assert (made["id"], made["role"], made["new_customer"], made["first_name"]) == (carl["id"], "admin", False, "Carl")
    assert desk.ask("POST", f"{desk.path}/managers", body).code == "already_manager"
    unknown = desk.ask("POST", f"{desk.path}/managers", {**body, "customer_id": "cus_nobody"})
    assert (unknown.status, unknown.code) == (404, "customer_not_found")


@pytest.mark.parametrize("known", [False, True])
def test_a_grant_uses_the_seat_of_the_persons_own_invitation(desk: Desk, *, known: bool) -> None:
    """R7, R62: an account that only that invitation makes full has room for them."""
    whom: dict[str, Any] = {"email": "nina@acme.example"}
    if known:
        made = desk.ok("POST", "/v1/support/customers", {**whom, "first_name": "Nina", "last_name": "Next"})
        whom = {"customer_id": made["id"]}
    desk.world.invite(desk.olga, desk.account, "nina@acme.example")
    desk.ok("PATCH", desk.path, {"max_managers": 2})
    full = desk.ask("POST", f"{desk.path}/managers", {"email": "else@acme.example", "verification": CONTRACT})
    assert (full.status, full.code) == (409, "account_full")
    granted = desk.ask("POST", f"{desk.path}/managers", {**whom, "verification": CONTRACT})
    assert granted.status == 201, granted.text
    assert desk.ok("GET", f"{desk.path}/invitations")["data"] == []


def test_a_pending_invitation_to_the_person_ends_with_the_grant(desk: Desk) -> None:
    """I2, I3: whether the desk gives the address or the customer, a manager has no pending invitation."""
    world = desk.world
    for number, by_id in ((1, False), (2, True)):
        email = f"carl{number}@acme.example"
        invited = world.invite(desk.olga, desk.account, email)
        whom: dict[str, Any] = {"email": email}
        if by_id:
            person = {"email": email, "first_name": "C", "last_name": "C"}
            whom = {"customer_id": desk.ok("POST", "/v1/support/customers", person)["id"]}
        desk.ok("POST", f"{desk.path}/managers", {**whom, "verification": CONTRACT})
        path = f"/v1/billing-accounts/{desk.account}/invitations/{invited['id']}"
        assert world.ok("GET", path, desk.olga)["status"] == "revoked"
    assert [event["data"]["because"] for event in desk.history("invitation_revoked")] == ["invitee_joined"] * 2


def test_an_overdue_invitation_does_not_stand_in_the_way(desk: Desk) -> None:
    """I3, R20: it is expired, and its seat is free."""
    desk.world.invite(desk.olga, desk.account, "carl@acme.example", expires_in_days=1)
    desk.world.set_account(desk.account, max_managers=2)
    with time_machine.travel("2099-01-01T00:00:00Z"):
        later = Desk(desk.world, desk.world.support(), desk.rob, desk.olga, desk.account, desk.olga_id)
        assert later.grant("dora@acme.example")["email"] == "dora@acme.example"
    assert [event["type"] for event in desk.history("invitation_expired")] == ["invitation_expired"]


def test_the_limits_hold_for_support_too(desk: Desk) -> None:
    """R5, R7, I2: seats, one account for a person, closed accounts."""
    world = desk.world
    desk.grant("carl@acme.example")
    desk.ok("PATCH", desk.path, {"max_managers": 2})
    full = desk.ask("POST", f"{desk.path}/managers", {"email": "dora@acme.example", "verification": CONTRACT})
    assert (full.status, full.code, full.json["limit"]) == (409, "account_full", 2)
    other = world.account(world.person("otto@beta.example"))
    path = f"/v1/support/billing-accounts/{other}"
    taken = desk.ask("POST", f"{path}/managers", {"email": "carl@acme.example", "verification": CONTRACT})
    assert (taken.status, taken.code) == (409, "membership_limit_reached")
    assert "remove that membership first" in taken.json["detail"]
    desk.ok("PATCH", path, {"status": "closed"})
    closed = desk.ask("POST", f"{path}/managers", {"email": "dora@acme.example", "verification": CONTRACT})
    assert (closed.status, closed.code) == (409, "account_closed")


def test_a_login_that_is_off_is_shown_and_stays_off(desk: Desk) -> None:
    """R3, R62: a grant does not switch it on."""
    person = {"email": "carl@acme.example", "first_name": "Carl", "last_name": "C"}
    carl = desk.ok("POST", "/v1/support/customers", person)
    desk.ok("PATCH", f"/v1/support/customers/{carl['id']}", {"login_activated": False})
    made = desk.grant("carl@acme.example")
    assert made["login_activated"] is False
    assert any("login" in note for note in made["notes"])
    refused = desk.world.call("GET", "/v1/billing-accounts", desk.world.person("carl@acme.example"))
    assert refused.code == "login_deactivated"


def test_no_agent_acts_on_an_account_they_manage_or_on_themselves(desk: Desk) -> None:
    """R60, S23: by address, by sign-in, and for their own benefit."""
    world = desk.world
    body = {"email": "sue@support.example", "verification": CONTRACT}
    assert desk.ask("POST", f"{desk.path}/managers", body).code == "own_address"
    desk.world.join(desk.olga, desk.account, desk.sue)
    for method, path, more in (
        ("POST", f"{desk.path}/managers", {"email": "carl@acme.example", "verification": CONTRACT}),
        ("POST", f"{desk.path}/invitations", {"email": "carl@acme.example", "verification": CONTRACT}),
        ("POST", f"{desk.path}/managers/{desk.olga_id}/remove", {"reason": "x", "override_contact": True}),
        ("PATCH", desk.path, {"plan": "team"}),
        ("PATCH", f"/v1/support/customers/{desk.olga_id}", {"first_name": "Evil"}),
    ):
        refused = desk.ask(method, path, more)
        assert (refused.status, refused.code) == (403, "forbidden"), path
        assert "colleague" in refused.json["detail"]
    assert world.call("GET", desk.path, desk.sue).status == 200


def test_only_the_full_group_changes_and_both_read(desk: Desk) -> None:
    """R60."""
    world = desk.world
    body = {"email": "carl@acme.example", "verification": CONTRACT, "ticket_url": TICKET}
    reading_only = world.call("POST", f"{desk.path}/managers", desk.rob, body)
    assert (reading_only.code, "only read" in reading_only.json["detail"]) == ("forbidden", True)
    assert world.call("POST", f"{desk.path}/managers", desk.olga, body).code == "forbidden"
    for path in ("", "/managers", "/invitations", "/history"):
        assert world.call("GET", desk.path + path, desk.rob).status == 200
        assert world.call("GET", desk.path + path, desk.olga).code == "forbidden"


@pytest.mark.parametrize(
    "ticket", [None, "", "4711", "http://tickets.example/1", "https://me@x.example/1", "https://x"]
)
def test_a_change_needs_a_link_to_a_ticket(desk: Desk, ticket: str | None) -> None:
    """R60."""
    body: dict[str, Any] = {"email": "carl@acme.example", "verification": CONTRACT}
    if ticket is not None:
        body["ticket_url"] = ticket
    refused = desk.world.call("POST", f"{desk.path}/managers", desk.sue, body)
    assert (refused.status, refused.code) == (422, "validation_failed")
    (error,) = refused.json["errors"]
    assert error["field"] == "ticket_url"
    assert not ticket or error["message"] == "must be the link to a ticket, https://host/path"


@pytest.mark.parametrize("method", WHOLE)
def test_evidence_has_exactly_the_fields_of_its_method(desk: Desk, method: str) -> None:
    """R62: a missing field, an extra one, and one of the wrong type are refused."""
    whole = {"method": method, **WHOLE[method]}
    for name in WHOLE[method]:
        for wrong in ({k: v for k, v in whole.items() if k != name}, {**whole, name: None}, {**whole, name: 7}):
            refused = desk.ask("POST", f"{desk.path}/managers", {"email": "c@acme.example", "verification": wrong})
            assert (refused.status, refused.code) == (422, "validation_failed"), wrong
    extra = desk.ask("POST", f"{desk.path}/managers", {"email": "c@acme.example", "verification": {**whole, "more": 1}})
    assert (extra.status, extra.code) == (422, "validation_failed")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "prior_contract", "contract_url": "http://files.example/1"}, "must be a link, https://host/path, "),
        ({"method": "recent_invoice", "invoice_number": "I#1", "invoice_date": "2027-01-01"}, "must be a number as "),
        *(
            ({"method": "recent_invoice", "invoice_number": "I1", "invoice_date": day}, "must be a date such as 2026-")
            for day in ("01.10.2026", "2026-02-30", "86400", "2026-10-01T00:00:00")
        ),
    ],
)
def test_the_refusal_of_malformed_evidence_describes_the_form(desk: Desk, wrong: dict[str, Any], message: str) -> None:
    """R62: in words, not by a pattern."""
    refused = desk.ask("POST", f"{desk.path}/managers", {"email": "c@acme.example", "verification": wrong})
    assert (refused.status, [each["message"].startswith(message) for each in refused.json["errors"]]) == (422, [True])


@pytest.mark.parametrize("method", ["staff_vouch", "screenshot", "", None, 5])
def test_an_unknown_method_is_refused(desk: Desk, method: Any) -> None:
    """R62: a colleague's word is no method."""
    body = {"email": "c@acme.example", "verification": {"method": method, "contract_url": TICKET}}
    assert desk.ask("POST", f"{desk.path}/managers", body).code == "validation_failed"


def test_weak_evidence_says_why(desk: Desk) -> None:
    """R62, S24."""
    weak = {"method": "recent_invoice", "invoice_number": "I1", "invoice_date": "2020-01-01"}
    refused = desk.ask("POST", f"{desk.path}/managers", {"email": "c@acme.example", "verification": weak})
    assert (refused.status, refused.code) == (422, "verification_insufficient")
    assert refused.json["reason"] == "invoice_too_old"
    assert "What it has to show: The invoice is from the last 12 months." in refused.json["detail"]


def test_a_reseller_vouches_for_what_they_sold(desk: Desk) -> None:
    """R62: the invoice owner in Zuora; an unknown one, another domain, or an outage is refused with the reason."""
    world = desk.world
    reseller = world.zuora_account("boss@reseller.example", name="Reseller")
    other = world.zuora_account("boss@other.example", name="Other")
    sold = [{"invoiceOwnerAccountId": each} for each in (reseller, other)]
    account = world.account(world.person("rita@customer.example"), SSPChannel__c="reseller", subscriptions=sold)
    path = f"/v1/support/billing-accounts/{account}/managers"

    def ask(reseller: str, email: str = "c@customer.example") -> Any:
        proof = {"method": "reseller_vouch", **WHOLE["reseller_vouch"], "reseller_zuora_account_id": reseller}
        return desk.ask("POST", path, {"email": email, "verification": proof})

    assert ask("nobody").json["reason"] == "reseller_unknown"
    assert ask(other).json["reason"] == "domain_differs"
    assert ask(reseller).status == 201
    world.zuora.fail("GET /v1/accounts", "http_503")
    down = ask(reseller, "d@customer.example")
    assert (down.status, down.code) == (503, "zuora_unavailable")


def test_a_repeated_grant_answers_the_same(desk: Desk) -> None:
    """R26: same key and body; another body under the key is refused."""
    body = {"email": "carl@acme.example", "verification": CONTRACT}
    first = desk.ask("POST", f"{desk.path}/managers", body, Idempotency_Key="k1")
    again = desk.ask("POST", f"{desk.path}/managers", body, Idempotency_Key="k1")
    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json == first.json
    other = desk.ask("POST", f"{desk.path}/managers", {**body, "role": "viewer"}, Idempotency_Key="k1")
    assert other.code == "idempotency_key_reused"


def test_no_table_holds_the_licence(desk: Desk) -> None:
    """R62: only a hash of a licence is stored."""
    text = WHOLE["license_text"]["license_text"]
    desk.grant("carl@acme.example", verification={"method": "license_text", "license_text": text})
    assert text not in json.dumps(desk.world.everything())
