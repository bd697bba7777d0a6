"""No support agent gains access through the desk (R60, R67)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from chalicelib import settings
from tests.desk.conftest import CONTRACT, Desk
from tests.gateway import Response
from tests.integration.interleaving import just_before
from tests.world import TICKET, Person

CUSTOMERS = "/v1/support/customers"
OWN = ["sue@support.example", "Sue@Support.EXAMPLE", " sue@support.example ", "sue+acme@support.example"]
HOUSE = ["ann@house.example", "ANN@House.Example", "ann@mail.house.example", "ann@xn--hser-loa.example"]
_numbers = count(1)
ELSEWHERE = ["ann@nothouse.example", "ann@house.example.org"]


@pytest.fixture
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The desk of a company that has configured its own mail domains."""
    monkeypatch.setenv("SUPPORT_DOMAINS", "@House.example, xn--hser-loa.example")
    settings.current.cache_clear()
    yield desk
    monkeypatch.undo()
    settings.current.cache_clear()


def _customer(desk: Desk) -> str:
    body = {"email": f"carl{next(_numbers)}@acme.example", "first_name": "Carl", "last_name": "C"}
    return str(desk.ok("POST", CUSTOMERS, body)["id"])


def _create(desk: Desk, email: str) -> Response:
    return desk.ask("POST", CUSTOMERS, {"email": email, "first_name": "S", "last_name": "S"})


def _edit(desk: Desk, email: str) -> Response:
    return desk.ask("PATCH", f"{CUSTOMERS}/{_customer(desk)}", {"email": email})


def _preview_edit(desk: Desk, email: str) -> Response:
    return desk.ask("PATCH", f"{CUSTOMERS}/{_customer(desk)}", {"email": email, "dry_run": True})


def _grant(desk: Desk, email: str) -> Response:
    return desk.ask("POST", f"{desk.path}/managers", {"email": email, "verification": CONTRACT})


def _transfer(desk: Desk, email: str) -> Response:
    body = {"from": desk.olga_id, "to": {"email": email}, "verification": CONTRACT}
    return desk.ask("POST", f"{desk.path}/transfer", body)


def _edit_contact(desk: Desk, email: str) -> Response:
    contact = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    return desk.ask("PATCH", f"/v1/support/contacts/{contact}", {"work_email": email})


VERBS: list[Callable[[Desk, str], Response]] = [_create, _edit, _preview_edit, _grant, _transfer, _edit_contact]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__.strip("_"))
def test_no_agent_gives_a_customer_their_own_address_in_any_spelling(desk: Desk, verb: Any) -> None:
    """R67, R1: every operation of the desk that takes an address."""
    for email in OWN:
        refused = verb(desk, email)
        assert (refused.status, refused.code) == (403, "own_address"), email


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__.strip("_"))
def test_no_agent_gives_a_customer_a_company_address(house: Desk, verb: Any) -> None:
    """R67: the configured domains and their subdomains; not those that only look alike."""
    for email in HOUSE:
        refused = verb(house, email)
        assert (refused.status, refused.code) == (403, "house_address"), email
    assert verb(house, ELSEWHERE[0]).status < 300
    if verb is not _transfer:
        assert verb(house, ELSEWHERE[1]).status < 300


@pytest.mark.parametrize("sold_to", OWN)
def test_no_agent_imports_an_account_that_is_their_own(desk: Desk, sold_to: str) -> None:
    """R67, R53: the Sold To would become its first manager."""
    refused = _import(desk, sold_to.strip())
    assert (refused.status, refused.code) == (403, "own_address")


def test_an_account_with_a_company_sold_to_is_imported_without_a_manager(house: Desk) -> None:
    """R67, R53: and the answer says why."""
    for email in HOUSE:
        made = _import(house, email)
        assert (made.status, made.json["first_manager"], made.json["first_manager_refused"]) == (
            201, None, "house_address",
        ), email  # fmt: skip


def _import(desk: Desk, sold_to: str) -> Response:
    zuora_id = desk.world.zuora_account(sold_to)
    return desk.ask("POST", "/v1/support/billing-accounts", {"zuora_account_id": zuora_id})


@pytest.fixture
def own(desk: Desk) -> str:
    """Sue's record as a customer, under another address than her work address: the same sign-in."""
    world = desk.world
    private = world.person("susan@home.example", sub="sue")
    account = world.account(private)
    customer = world.id_of(private)
    desk.ok("POST", f"{desk.path.replace(desk.account, account)}/managers", {
        "email": "else@acme.example", "verification": CONTRACT,
    })  # fmt: skip
    desk.ok("POST", f"{desk.path.replace(desk.account, account)}/managers/{customer}/remove", {
        "reason": "Moved.", "override_contact": True,
    })  # fmt: skip
    return customer


def test_no_agent_acts_on_their_own_record(desk: Desk, own: str) -> None:
    """R60, R67: every operation of the desk that takes a customer; the sign-in decides, whatever the address."""
    sue = desk.world.person("sue@support.example", sub="sue", groups=["billing-support"])
    path = f"{CUSTOMERS}/{own}"
    verbs: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", path, {"first_name": "S"}),
        ("PATCH", path, {"email": "other@home.example"}),
        ("PATCH", path, {"login_activated": False}),
        ("PATCH", path, {"replace_sold_to": True}),
        ("POST", f"{path}/unlink", {}),
        ("POST", f"{path}/sign-in-link", {}),
        ("POST", f"{path}/erase", {"confirm_email": "susan@home.example"}),
        ("POST", f"{desk.path}/managers", {"customer_id": own, "verification": CONTRACT}),
        ("POST", f"{desk.path}/managers", {"email": "susan@home.example", "verification": CONTRACT}),
        ("POST", f"{desk.path}/transfer", {"from": desk.olga_id, "to": own, "verification": CONTRACT}),
        ("POST", f"{desk.path}/transfer", {
            "from": desk.olga_id, "to": {"email": "susan@home.example"}, "verification": CONTRACT,
        }),
        ("POST", "/v1/support/billing-accounts", {"zuora_account_id": desk.world.zuora_account("susan@home.example")}),
    ]  # fmt: skip
    for method, where, body in verbs:
        refused = desk.world.call(method, where, sue, {"ticket_url": TICKET, **body})
        assert (refused.status, refused.code) == (403, "own_record"), (method, where, body)


def _unlink(desk: Desk, who: Person) -> Response:
    return desk.world.call("POST", f"{CUSTOMERS}/{desk.olga_id}/unlink", who, {"ticket_url": TICKET})


def _move(desk: Desk, who: Person) -> Response:
    body = {"email": f"olga{next(_numbers)}@acme.example", "ticket_url": TICKET}
    return desk.world.call("PATCH", f"{CUSTOMERS}/{desk.olga_id}", who, body)


PAIRS = [(_unlink, _move), (_move, _unlink)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_unlinking_and_changing_the_address_takes_two_agents(desk: Desk, first: Any, second: Any) -> None:
    """R67: in either order; a colleague may, and after a day the same agent may."""
    sue, susan, other_sign_in = (
        desk.world.person(email, sub=sub, groups=["billing-support"])
        for email, sub in (("sue@support.example", "1"), ("susan@support.example", "1"), ("sue@support.example", "2"))
    )
    assert first(desk, sue).status < 300
    for same in (sue, susan, other_sign_in):
        refused = second(desk, same)
        assert (refused.status, refused.code) == (403, "second_agent_needed")
    not_before = datetime.fromisoformat(refused.json["not_before"])
    assert timedelta(hours=23) < not_before - datetime.now(UTC) <= timedelta(days=1)
    assert second(desk, desk.world.support("sven@support.example")).status < 300


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_after_a_day_one_agent_is_enough(desk: Desk, first: Any, second: Any) -> None:
    """R67: after that, the first change no longer counts as preparation."""
    assert first(desk, desk.sue).status < 300
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, seconds=1)):
        assert second(desk, desk.world.support()).status < 300


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_agent_is_enough_where_it_is_configured(
    desk: Desk, first: Any, second: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R67: `SupportTwoAgents` off."""
    monkeypatch.setenv("SUPPORT_TWO_AGENTS", "false")
    settings.current.cache_clear()
    assert [first(desk, desk.sue).status < 300, second(desk, desk.sue).status < 300] == [True, True]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_agent_who_does_both_at_once_succeeds_with_one(desk: Desk, first: Any, second: Any) -> None:
    """R67, I5: the other half is written just before this one is."""
    with just_before("TransactWriteItems", lambda: first(desk, desk.sue)):
        refused = second(desk, desk.sue)
    assert (refused.status, refused.code) == (403, "second_agent_needed")


def test_changes_that_are_no_takeover_need_no_second_agent(desk: Desk) -> None:
    """R67: names after unlinking, unlinking again, the address that the customer already has."""
    assert _unlink(desk, desk.sue).status == 204
    assert _unlink(desk, desk.sue).status == 204
    path = f"{CUSTOMERS}/{desk.olga_id}"
    assert desk.ask("PATCH", path, {"first_name": "Olga-Maria"}).status == 200
    assert desk.ask("PATCH", path, {"email": "OLGA@acme.example"}).status == 200
