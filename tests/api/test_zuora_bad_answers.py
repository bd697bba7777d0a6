"""What callers get when Zuora answers nonsense, slowly or endlessly: 503 in time, never 500 (R56, R57)."""

import time

import pytest

from chalicelib.api.web import http
from tests.world import TICKET, Person, World

LISTS = ("subscriptions", "invoices", "payment-methods")


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


@pytest.fixture
def account(world: World, olga: Person) -> str:
    many: list[dict[str, str]] = [{}, {}, {}]
    return world.account(olga, subscriptions=many, invoices=many, paymentMethods=[{"type": "ACH"}])


def refused(world: World, olga: Person, account: str, kind: str) -> None:
    answer = world.call("GET", f"/v1/billing-accounts/{account}/{kind}?limit=100", olga)
    assert (answer.status, answer.json["code"]) == (503, "zuora_unavailable")
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("fault", ["malformed", "nested", "nested_field", "huge", "no_object", "http_503"])
def test_nonsense_is_zuora_unavailable(world: World, olga: Person, account: str, kind: str, fault: str) -> None:
    """R57."""
    world.zuora.fail("GET /", fault)

    refused(world, olga, account, kind)


@pytest.mark.parametrize("kind", ["subscriptions", "invoices"])
@pytest.mark.parametrize("fault", ["endless_pages", "same_page"])
def test_endless_pages_are_cut_off(world: World, olga: Person, account: str, kind: str, fault: str) -> None:
    """R56: an empty page that names a next one, and the same next page twice."""
    world.zuora.fail("GET /", fault)
    world.zuora.forget_requests()

    refused(world, olga, account, kind)

    assert len(world.zuora.requests) <= 4


@pytest.mark.parametrize("kind", LISTS)
def test_items_of_wrong_types_are_counted(world: World, olga: Person, account: str, kind: str) -> None:
    """R56."""
    whole = world.ok("GET", f"/v1/support/billing-accounts/{account}/{kind}", world.support())
    other = world.account(world.person("other@acme.example"), **{name: [{}] for name in ("subscriptions", "invoices")})
    world.zuora.fail("GET /", "wrong_types")

    page = world.ok("GET", f"/v1/support/billing-accounts/{other}/{kind}", world.support())

    assert (page["data"], page["unreadable"]) == ([], 0 if kind == "payment-methods" else 1)
    assert len(whole["data"]) in {1, 3}


@pytest.mark.parametrize("said", ["9" * 20, "-5", "soon", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_is_reasonable_whatever_zuora_says(world: World, olga: Person, account: str, said: str) -> None:
    """R57."""
    world.zuora.fail("GET /", "rate_limit", retry_after=said)

    refused(world, olga, account, "invoices")


def test_a_slow_answer_ends_with_the_requests_deadline(
    world: World, olga: Person, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R56: one deadline for all calls of a request."""
    monkeypatch.setattr(http, "OUTSIDE_SECONDS", 0.7)
    world.zuora.fail("GET /", "drip")

    began = time.monotonic()
    refused(world, olga, account, "subscriptions")
    took = time.monotonic() - began
    world.zuora.heal()

    assert took < 8


@pytest.mark.parametrize("fault", ["malformed", "nested", "nested_field", "huge", "no_object", "wrong_types"])
def test_an_import_succeeds_once_zuora_answers_properly(world: World, account: str, fault: str) -> None:
    """R53, R57."""
    made = world.zuora.do("POST", "/v1/accounts", {"name": "New"})
    body = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
    world.zuora.fail("GET /", fault)

    answer = world.call("POST", "/v1/support/billing-accounts", world.support(), body)

    assert (answer.status, answer.json["code"]) == (503, "zuora_unavailable")


def test_an_import_cleans_broken_texts(world: World) -> None:
    """R53, R56: half an emoji in a name is no reason to keep customers out."""
    contact = {"firstName": "Anna", "lastName": "Muster", "workEmail": "anna@broken.example", "country": "AT"}
    made = world.zuora.do("POST", "/v1/accounts", {"name": "Broken", "billToContact": contact})
    body = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
    world.zuora.fail("GET /", "broken_text")

    answer = world.call("POST", "/v1/support/billing-accounts", world.support(), body)

    assert answer.status == 201
    assert '"name":"Broken"' in answer.text.replace(" ", "")
    assert '"Anna"' in answer.text
