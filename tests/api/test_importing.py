"""Importing an account from Zuora: what is taken over, and who becomes the first manager (R4, R50, R53)."""

from collections.abc import Iterator
from typing import Any

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.gateway import Response
from tests.world import TICKET, Person, World, fresh_world

PATH = "/v1/support/billing-accounts"


def _import(world: World, key: str, who: Person | None = None) -> Response:
    return world.call("POST", PATH, who or world.support(), {"zuora_account_id": key, "ticket_url": TICKET})


def _account(world: World, **fields: Any) -> dict[str, Any]:
    """A new account as Zuora has it."""
    zuora_id = world.zuora_account(**fields)
    return world.zuora.do("GET", f"/v1/accounts/{zuora_id}")


def test_an_import_is_repeated_by_its_key(world: World) -> None:
    """R26: the same key and body repeat the answer; another body is refused, and nothing happens again."""
    first_id, second_id = world.zuora_account(), world.zuora_account("otto@beta.example")
    sue, key = world.support(), {"Idempotency-Key": "import-1"}
    body = {"zuora_account_id": first_id, "ticket_url": TICKET}
    first = world.call("POST", PATH, sue, body, key)
    assert (first.status, "Idempotency-Replayed" in first.headers) == (201, False)
    with world.unchanged():
        again = world.call("POST", PATH, sue, body, key)
        assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (201, first.text, "true")
        other = world.call("POST", PATH, sue, {**body, "zuora_account_id": second_id}, key)
        assert (other.status, other.code) == (422, "idempotency_key_reused")
        known = world.call("POST", PATH, sue, body)
        assert (known.status, "Idempotency-Replayed" in known.headers) == (200, False)


def test_a_repeated_import_says_again_why_there_is_no_first_manager(world: World) -> None:
    """R26, R53."""
    draft = str(world.zuora.do("POST", "/v1/accounts", {"name": "Draft Ltd", "billCycleDay": 1})["accountId"])
    body = {"zuora_account_id": draft, "ticket_url": TICKET}
    first, again = (world.call("POST", PATH, world.support(), body, {"Idempotency-Key": "import-2"}) for _ in range(2))
    assert first.json["first_manager_refused"] == "sold_to_has_no_address"
    assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (201, first.text, "true")


@pytest.fixture
def wide_world(issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A deployment in which a person may manage any number of accounts."""
    with fresh_world(issuer, zuora_server, monkeypatch, MEMBERSHIPS_PER_CUSTOMER="unlimited") as world:
        yield world


def test_an_import_takes_over_the_account_its_contacts_and_its_sold_to(world: World) -> None:
    """R4, R7, R53, I1: the Sold To becomes the first manager, as an admin."""
    theirs = _account(world, bill_to="bill@acme.example", Plan__c="Enterprise", SSPChannel__c="Reseller")
    answer = _import(world, theirs["basicInfo"]["id"])
    assert answer.status == 201
    made = answer.json
    olga = world.person("olga@acme.example")
    assert {
        name: made[name] for name in ("zuora_account_id", "account_number", "name", "plan", "channel", "status")
    } == {
        "zuora_account_id": theirs["basicInfo"]["id"],
        "account_number": theirs["basicInfo"]["accountNumber"],
        "name": "Acme Ltd",
        "plan": "enterprise",
        "channel": "reseller",
        "status": "active",
    }
    assert (made["managed_by"], made["my_role"], made["nudge_second_manager"]) == ("managers", None, True)
    assert made["limits"] == {"managers": {"used": 1, "max": None}, "pending_invitations": {"used": 0, "max": 15}}
    sold_to, bill_to = made["contacts"]["sold_to"], made["contacts"]["bill_to"]
    assert (sold_to["roles"], sold_to["work_email"]) == (["sold_to"], "olga@acme.example")
    assert (bill_to["roles"], bill_to["work_email"]) == (["bill_to"], "bill@acme.example")
    assert (sold_to["first_name"], sold_to["country"], sold_to["account_id"]) == ("Olga", "Germany", made["id"])
    assert sold_to["sync"]["state"] == "synced"
    assert made["first_manager"] == {
        "id": world.id_of(olga), "first_name": "Olga", "last_name": "Owner", "email": "olga@acme.example",
    }  # fmt: skip
    assert made["first_manager_refused"] is None
    (manager,) = world.ok("GET", f"/v1/billing-accounts/{made['id']}/managers", olga)["data"]
    assert (manager["role"], manager["is_sold_to"], manager["is_bill_to"]) == ("admin", True, False)
    assert manager["added_by"] == "Support"


def test_one_contact_can_have_both_roles(world: World) -> None:
    """R4: the same record twice in the answer, once in our tables."""
    made = _import(world, world.zuora_account()).json
    assert made["contacts"]["sold_to"] == made["contacts"]["bill_to"]
    assert made["contacts"]["sold_to"]["roles"] == ["sold_to", "bill_to"]
    assert len(world.items("Contacts")) == 1


def test_a_second_import_answers_with_the_imported_account(world: World) -> None:
    """R53: 200 by id or by number, for any support agent, and nothing happens."""
    theirs = _account(world)["basicInfo"]
    first = _import(world, theirs["accountNumber"])
    assert (first.status, first.json["zuora_account_id"]) == (201, theirs["id"])
    with world.unchanged():
        for key in (theirs["id"], theirs["accountNumber"]):
            again = _import(world, key, world.support("sam@support.example"))
            assert again.status == 200
            known = {"first_manager": None, "first_manager_refused": None}
            assert {**again.json, **known} == {**first.json, **known}


def test_one_address_can_be_a_contact_of_many_accounts(wide_world: World) -> None:
    """R4, R5: each account has contacts of its own; the person manages both."""
    made = [_import(wide_world, wide_world.zuora_account()).json for _ in range(2)]
    assert made[0]["first_manager"] == made[1]["first_manager"]
    assert made[0]["contacts"]["sold_to"]["id"] != made[1]["contacts"]["sold_to"]["id"]
    olga = wide_world.person("olga@acme.example")
    listed = wide_world.ok("GET", "/v1/billing-accounts", olga)["data"]
    assert [each["id"] for each in listed] == [each["id"] for each in made]
    assert {each["my_role"] for each in listed} == {"admin"}


def test_a_sold_to_at_the_limit_of_memberships_becomes_no_manager(world: World) -> None:
    """R5, R53: the account is imported all the same, and the answer says why."""
    _import(world, world.zuora_account())
    second = _import(world, world.zuora_account())
    _assert_without_manager(world, second, "membership_limit_reached")
    assert world.ok("GET", "/v1/me", world.person("olga@acme.example"))["counts"]["billing_accounts"] == 1


def test_a_sold_to_whose_login_is_off_becomes_no_manager(wide_world: World) -> None:
    """R3, R53: switched off stays switched off."""
    first = _import(wide_world, wide_world.zuora_account()).json
    wide_world.set_customer(first["first_manager"]["id"], login_activated=False)
    _assert_without_manager(wide_world, _import(wide_world, wide_world.zuora_account()), "login_deactivated")


@pytest.mark.parametrize("work_email", ["", "no address", "a@b.example,c@d.example", "Olga <olga@acme.example>"])
def test_a_sold_to_without_a_valid_address_becomes_no_manager(world: World, work_email: str) -> None:
    """R53: the contact is copied as it is."""
    zuora_id = world.zuora_account()
    (contact,) = world.zuora.state.contacts.values()
    contact["workEmail"] = work_email  # older than Zuora's own checks
    answer = _import(world, zuora_id)
    _assert_without_manager(world, answer, "sold_to_has_no_address")
    assert answer.json["contacts"]["sold_to"]["work_email"] == work_email


def test_an_account_without_contacts_is_imported_without_any(world: World) -> None:
    """R53: a draft in Zuora."""
    zuora_id = str(world.zuora.do("POST", "/v1/accounts", {"name": "Draft Ltd", "billCycleDay": 1})["accountId"])
    answer = _import(world, zuora_id)
    _assert_without_manager(world, answer, "sold_to_has_no_address")
    assert answer.json["contacts"] == {"sold_to": None, "bill_to": None}


def test_a_canceled_account_is_imported_closed(world: World) -> None:
    """R53: it can be seen but not joined."""
    made = _import(world, world.zuora_account(status="Canceled")).json
    assert (made["status"], made["nudge_second_manager"]) == ("closed", False)
    olga = world.person("olga@acme.example")
    path = f"/v1/billing-accounts/{made['id']}"
    assert world.ok("GET", path, olga)["status"] == "closed"
    answer = world.call("POST", f"{path}/invitations", olga, {"email": "new@acme.example"})
    assert (answer.status, answer.code) == (409, "account_closed")


def test_nothing_is_ever_written_to_zuora(world: World) -> None:
    """R50: over an account's whole life there is one read; apart from the sign-in there are only GETs."""
    olga, carl = world.person("olga@acme.example"), world.person("carl@acme.example")
    account = world.account(olga)
    asked = len(world.zuora.requests)
    carl_id = world.join(olga, account, carl)
    world.ok("PATCH", f"/v1/billing-accounts/{account}/managers/{carl_id}", olga, {"role": "viewer"})
    world.ok("POST", f"/v1/billing-accounts/{account}/leave", carl)
    world.pipeline.drain()
    assert len(world.zuora.requests) == asked
    assert {(each["method"], each["path"]) for each in world.zuora.requests if each["method"] != "GET"} == {
        ("POST", "/oauth/token")
    }


def _assert_without_manager(world: World, answer: Response, why: str) -> None:
    """Imported without a manager: counters, lists and history agree."""
    assert answer.status == 201
    made = answer.json
    assert (made["first_manager"], made["first_manager_refused"]) == (None, why)
    assert made["limits"]["managers"]["used"] == 0
    assert [
        item for item in world.items("Memberships") if made["id"] in (item["owner"]["S"], item["member"]["S"])
    ] == []
    assert world.events(made["id"]) == ["account_imported"]
