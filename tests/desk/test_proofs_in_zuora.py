"""Invoices and invoice owners are looked up in Zuora, wherever a proof is accepted (R62)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.desk.conftest import Desk
from tests.gateway import Response
from tests.world import TICKET, World

LATELY = (datetime.now(UTC).date() - timedelta(days=30)).isoformat()
URL = "https://files.example/reply"


def _invoice(number: str, status: str = "Posted", day: str = LATELY) -> dict[str, Any]:
    return {"invoiceNumber": number, "status": status, "invoiceDate": day}


@pytest.fixture
def account(desk: Desk) -> str:
    """An account with invoices of all sorts; another customer's has others. Returns its path at the desk."""
    world = desk.world
    world.zuora_account("other@other.example", invoices=[_invoice("INV-OTHER")])
    invoices = [_invoice("INV-1"), _invoice("INV-D", "Draft"), _invoice("INV-C", "Canceled")]
    return _imported(world, "rita@customer.example", invoices=invoices)


def _imported(world: World, owner: str, **zuora: Any) -> str:
    zuora_id = world.zuora_account(owner, **zuora)
    body = {"zuora_account_id": zuora_id, "ticket_url": TICKET}
    made = world.ok("POST", "/v1/support/billing-accounts", world.support(), body)
    return f"/v1/support/billing-accounts/{made['id']}"


def _ask(desk: Desk, path: str, verb: str, proof: dict[str, Any]) -> Response:
    """A grant, an invitation or a transfer based on that proof."""
    body: dict[str, Any] = {"email": "carl@customer.example", "verification": proof}
    if verb == "transfer":
        (owner,) = desk.ok("GET", f"{path}/managers")["data"]
        body = {"from": owner["id"], "to": {"email": "carl@customer.example"}, "verification": proof}
    return desk.ask("POST", f"{path}/{verb}", body)


def _shapes(number: str, day: str) -> list[dict[str, Any]]:
    invoice = {"invoice_number": number, "invoice_date": day}
    approval = {"approved_by": "rita@customer.example", "approval_url": URL}
    return [{"method": "recent_invoice", **invoice}, {"method": "bill_to_approval_with_invoice", **approval, **invoice}]


VERBS = ["managers", "invitations", "transfer"]


@pytest.mark.parametrize("verb", VERBS)
def test_only_a_posted_invoice_proves_something(desk: Desk, account: str, verb: str) -> None:
    """R62: not an unknown one, a draft, a cancelled one, another account's, or one with another date."""
    other_day = (date.fromisoformat(LATELY) - timedelta(days=1)).isoformat()
    for number, day in (("INV-9", LATELY), ("INV-D", LATELY), ("INV-C", LATELY), ("INV-OTHER", LATELY),
                        ("INV-1", other_day)):  # fmt: skip
        for proof in _shapes(number, day):
            refused = _ask(desk, account, verb, proof)
            assert (refused.status, refused.code) == (422, "verification_insufficient"), proof
            assert refused.json["reason"] == "invoice_not_found", proof
    assert _ask(desk, account, verb, _shapes("INV-1", LATELY)[0]).status in {201, 202}


@pytest.mark.parametrize("verb", VERBS)
def test_no_proof_is_accepted_unchecked_while_zuora_is_down(desk: Desk, account: str, verb: str) -> None:
    """R62: neither an invoice nor a reseller; methods without a look-up still work."""
    desk.world.zuora.fail("*", "http_503")
    reseller = {"requester_email": "ron@reseller.example", "reseller_zuora_account_id": "R1"}
    for proof in (*_shapes("INV-1", LATELY), {"method": "reseller_vouch", **reseller, "license_activated": False}):
        refused = _ask(desk, account, verb, proof)
        assert (refused.status, refused.code) == (503, "zuora_unavailable")
        assert int(refused.headers["Retry-After"]) > 0
    contract = {"method": "prior_contract", "contract_url": URL}
    assert _ask(desk, account, verb, contract).status in {201, 202}


@pytest.mark.parametrize("verb", VERBS)
def test_a_reseller_vouches_for_what_zuora_says_they_sold(desk: Desk, verb: str) -> None:
    """R62: the invoice owner of a subscription of this account, and nobody else; an activated one by their invoice."""
    world = desk.world
    reseller = world.zuora_account("boss@reseller.example", name="Reseller", invoices=[_invoice("RES-1")])
    other = world.zuora_account("boss@unrelated.example", name="Unrelated", invoices=[_invoice("UNR-1")])
    path = _imported(world, "rita@customer.example", SSPChannel__c="reseller",
                     subscriptions=[{}, {"invoiceOwnerAccountId": reseller}])  # fmt: skip

    def reason(method: str, account: str, who: str, **more: Any) -> str | None:
        proof = {"method": method, "requester_email": who, "reseller_zuora_account_id": account, **more}
        answer = _ask(desk, path, verb, proof)
        return answer.json.get("reason") if answer.status == 422 else None

    off, own = {"license_activated": False}, {"invoice_number": "RES-1", "invoice_date": LATELY}
    theirs = {**own, "invoice_number": "UNR-1"}
    assert reason("reseller_vouch", other, "ron@unrelated.example", **off) == "not_the_invoice_owner"
    assert reason("reseller_invoice", other, "ron@unrelated.example", **theirs) == "not_the_invoice_owner"
    assert reason("reseller_vouch", reseller, "ron@elsewhere.example", **off) == "domain_differs"
    assert reason("reseller_vouch", reseller, "ron@reseller.example", license_activated=True) == "license_activated"
    assert reason("reseller_invoice", reseller, "ron@reseller.example", **theirs) == "invoice_not_found"
    assert reason("reseller_invoice", reseller, "ron@reseller.example", **own) is None


def test_a_page_of_unreadable_items_hides_no_reseller(desk: Desk) -> None:
    """R62, R56: the subscriptions after it are checked too."""
    world = desk.world
    reseller = world.zuora_account("boss@reseller.example", name="Reseller")
    unreadable: list[dict[str, Any]] = [{"ratePlans": "none"}] * 40
    path = _imported(world, "rita@customer.example", SSPChannel__c="reseller",
                     subscriptions=[*unreadable, {"invoiceOwnerAccountId": reseller}])  # fmt: skip
    proof = {"method": "reseller_vouch", "requester_email": "ron@reseller.example", "license_activated": False}
    assert _ask(desk, path, "managers", {**proof, "reseller_zuora_account_id": reseller}).status == 201


def test_a_request_asks_zuora_only_once(desk: Desk, account: str) -> None:
    """R62, R56: an invoice is one call, however often the operation has to reread."""
    before = len(desk.world.zuora.requests)
    assert _ask(desk, account, "managers", _shapes("INV-1", LATELY)[0]).status == 201
    asked = [each for each in desk.world.zuora.requests[before:] if "invoices" in str(each)]
    assert len(asked) == 1
