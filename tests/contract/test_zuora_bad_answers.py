"""Whatever Zuora answers, the client returns a clean record or a retryable failure (R56, R57)."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from chalicelib import deadline
from chalicelib.clients.zuora import Zuora, new_pool
from chalicelib.clients.zuora.failures import LONGEST_WAIT
from chalicelib.clients.zuora.list_answers import InvoiceAnswer, readable
from chalicelib.failures import Permanent, Retryable
from devstack.zuora import FakeZuora
from tests.contract.conftest import Secret
from tests.contract.recorded import Recorded, answer, client

CALLS: dict[str, Callable[[Zuora, dict[str, str]], Any]] = {
    "account": lambda zuora, made: zuora.account(made["accountId"]),
    "contact": lambda zuora, made: zuora.contact(made["soldToContactId"]),
    "contacts": lambda zuora, made: zuora.contacts_of(made["accountId"]),
    "subscriptions": lambda zuora, made: zuora.subscriptions(made["accountId"], page=1, page_size=40),
    "subscription": lambda zuora, _made: zuora.subscription("A-S1"),
    "invoices": lambda zuora, made: zuora.invoices(made["accountId"], cursor=None, page_size=50),
    "invoice": lambda zuora, made: zuora.invoice(made["accountId"], "INV00000001"),
    "payment methods": lambda zuora, made: zuora.payment_methods(made["accountId"]),
    "update": lambda zuora, made: zuora.update_contact(made["soldToContactId"], {"city": "Rome"}),
}
READS = sorted(CALLS.keys() - {"update"})


@pytest.mark.parametrize("fault", ["malformed", "nested", "nested_field", "huge", "no_object"])
@pytest.mark.parametrize("call", sorted(CALLS))
def test_an_invalid_answer_is_an_outage(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str], call: str, fault: str
) -> None:
    """R57: never an error of our own, never a permanent refusal."""
    zuora.account(made["accountId"])
    method = "PUT /v1" if call == "update" else "GET /"
    fake.fail(method, fault)

    with pytest.raises(Retryable):
        CALLS[call](zuora, made)


@pytest.mark.parametrize("call", READS)
def test_half_a_character_in_any_text_changes_nothing(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str], call: str
) -> None:
    """R56: cleaned where it is read, in every text of every answer."""
    before = CALLS[call](zuora, made)
    fake.fail("GET /", "broken_text")

    assert CALLS[call](zuora, made) == before


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts_in(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts_in(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("said", ["Anna\ud83d", "An\x00na", "\udc00Anna", "Anna\x1b", "Anna\x9f"])
@pytest.mark.parametrize("call", READS)
def test_every_text_of_a_record_can_be_encoded_and_stored(call: str, said: str) -> None:
    """R56: each text field of each answer, one after the other, and each custom field."""
    contact = dict.fromkeys(["id", "accountId", "firstName", "lastName", "workEmail", "address1", "address2"], said)
    contact |= dict.fromkeys(["city", "state", "postalCode", "country", "county", "taxRegion"], said)
    charge = dict.fromkeys(["name", "number", "uom", "type", "productRatePlanChargeId"], said)
    plan = dict.fromkeys(["ratePlanName", "productName", "lastChangeType", "productRatePlanId"], said)
    owner = dict.fromkeys(["invoiceOwnerAccountId", "invoiceOwnerAccountNumber", "invoiceOwnerAccountName"], said)
    subscription: dict[str, Any] = dict.fromkeys(
        ["id", "subscriptionNumber", "accountId", "accountNumber", "status", "X__c"], said
    )
    subscription |= owner | {"termType": said, "ratePlans": [plan | {"ratePlanCharges": [charge]}]}
    invoice = dict.fromkeys(["id", "invoiceNumber", "accountId", "currency", "status"], said)
    method = dict.fromkeys(["id", "status", "creditCardType", "cardNumber", "bankName", "bankAccountName"], said)
    basics = dict.fromkeys(["id", "accountNumber", "name", "status", f"{said}__c"], said)
    bodies: dict[str, Any] = {
        "account": {"basicInfo": basics, "billToContact": contact, "billingAndPayment": {"currency": said}},
        "contact": contact,
        "contacts": {"data": [contact]},
        "subscriptions": {"subscriptions": [subscription]},
        "subscription": subscription,
        "invoices": {"data": [invoice]},
        "invoice": invoice | {"invoiceNumber": "INV00000001", "accountId": "a"},
        "payment methods": {"creditcard": [method | {"accountHolderInfo": {"accountHolderName": said}}]},
    }
    made = {"accountId": "a", "soldToContactId": "c"}

    found = CALLS[call](client(Recorded(answer(bodies[call]))), made)

    records = found.items if hasattr(found, "items") and hasattr(found, "unreadable") else found
    texts = texts_in([asdict(each) for each in (records if isinstance(records, list | tuple) else [records])])
    assert {text for text in texts if "Anna" in text} >= {"Anna"}
    assert all(text.encode() and not any(ord(c) < 32 or 126 < ord(c) < 160 for c in text) for text in texts if text)


def test_a_refusals_reason_is_clean_too(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    """R57: it is stored on the contact."""
    reason = {"success": False, "reasons": [{"code": 52000020, "message": "no \ud83dsuch\x00 city"}]}

    with pytest.raises(Permanent) as refused:
        client(Recorded(answer(reason, 400))).update_contact("c", {"city": "Rome"})

    assert refused.value.reason == "no such city"


def test_a_slow_answer_ends_with_the_deadline(fake: FakeZuora, made: dict[str, str]) -> None:
    """R56: one byte every fifth of a second never hits the read timeout, but it hits the deadline."""
    zuora = Zuora(base_url=fake.url, credentials=Secret(), pool=new_pool(), pause=lambda: None)
    zuora.account(made["accountId"])
    fake.fail("GET /", "drip")

    began = time.monotonic()
    with deadline.within(0.7), pytest.raises(Retryable):
        zuora.account(made["accountId"])
    took = time.monotonic() - began
    fake.heal()

    assert took < 5
    assert zuora.account(made["accountId"]).id == made["accountId"]


def test_tokens_share_the_deadline_and_no_call_starts_after_it(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str]
) -> None:
    """R56: neither for a token nor another call."""
    with deadline.within(0), pytest.raises(Retryable):
        zuora.account(made["accountId"])

    assert fake.requests == []


def test_an_inner_deadline_never_extends_the_outer_one() -> None:
    """R56."""
    assert deadline.left() is None
    with deadline.within(5), deadline.within(500):
        assert (deadline.left() or 99) <= 5
    with deadline.within(500), deadline.within(5):
        assert (deadline.left() or 99) <= 5
    assert deadline.left() is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("9" * 20, LONGEST_WAIT),
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("-5", None),
        ("\u00b2", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 99 Zzz 99999 99:99:99 GMT", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_bounded(said: str, seconds: float | None, status: int) -> None:
    """R57: a number that no clock can hold, a date, or nothing of the kind."""
    answers = [answer(b"<html>", status, {"Retry-After": said}) for _ in range(2)]

    with pytest.raises(Retryable) as failed:
        client(Recorded(*answers)).contact("c")

    assert failed.value.retry_after == (seconds or None if status == 503 and not seconds else seconds)


@pytest.mark.parametrize("code", ["9" * 5000, "\u00b2", 10**30, [1], {"a": 1}, True])
def test_a_reasons_code_may_be_anything(code: object) -> None:
    """R57."""
    with pytest.raises((Retryable, Permanent)):
        client(Recorded(answer({"success": False, "reasons": [{"code": code, "message": []}]}, 400))).contact("c")


@pytest.mark.parametrize(
    "token",
    [
        {"access_token": "t", "expires_in": "NaN"},
        {"access_token": "t", "expires_in": -1},
        {"access_token": "t", "expires_in": 10**400},
        {"access_token": "t\r\nX: 1", "expires_in": 1},
        {"access_token": "t t", "expires_in": 1},
        {"access_token": ["t"], "expires_in": 1},
        ["t"],
        "t",
    ],
)
def test_an_invalid_token_is_an_outage(monkeypatch: pytest.MonkeyPatch, token: object) -> None:
    """R57."""
    monkeypatch.setattr("tests.contract.recorded.TOKEN", token)

    with pytest.raises(Retryable, match=r"no access token|cannot"):
        client(Recorded()).contact("c")


@pytest.mark.parametrize("call", ["contacts"])
@pytest.mark.parametrize("fault", ["endless_pages", "same_page"])
def test_endless_contacts_are_an_outage(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str], call: str, fault: str
) -> None:
    """R56, R57."""
    fake.fail("GET /object-query", fault)

    with pytest.raises(Retryable, match="does not end"):
        CALLS[call](zuora, made)
    assert len(fake.requests) <= 4


def test_the_control_a_clean_item_is_readable() -> None:
    found, left_out = readable(InvoiceAnswer, [json.loads('{"id": "i"}'), 7, None, []])

    assert ([each.id for each in found], left_out) == (["i"], 3)
