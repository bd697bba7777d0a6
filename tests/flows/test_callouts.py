"""Zuora reports that something changed there, and our copy follows (R54)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.environment import CALLOUT_KEY
from tests.flows.test_contact_sync import contact_ids, edit, in_zuora
from tests.gateway import Response
from tests.world import TICKET, Person, World


def mac(raw: str, key: str = CALLOUT_KEY["current"]) -> bytes:
    return hmac.new(key.encode(), raw.encode(), hashlib.sha256).digest()


def call_out(world: World, body: Mapping[str, Any] | str, notification: str | None = "n-1", **headers: str) -> Response:
    """A callout as Zuora sends it."""
    raw = body if isinstance(body, str) else json.dumps(body)
    sent = {"Content-Type": "application/json", "X-Zuora-Signature": base64.b64encode(mac(raw)).decode(), **headers}
    if notification is not None:
        sent["Zuora-Notification-Id"] = notification
    return world.gateway.request("POST", "/v1/callouts/zuora", raw_body=raw, headers=sent)


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


def test_a_change_in_zuora_is_taken_over(world: World, olga: Person) -> None:
    """R54, R32: re-read from Zuora, and the protection from removal follows the address."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    carl = world.person("carl@acme.example")
    carl_id = world.join(olga, account, carl)
    world.zuora.do("PUT", f"/v1/contacts/{contact}", {"workEmail": "carl@acme.example", "city": "Graz"})
    assert call_out(world, {"contact_id": contact, "city": "a lie"}).status == 200
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)["sold_to"]
    assert (seen["city"], seen["work_email"], seen["sync"]["state"]) == ("Graz", "carl@acme.example", "synced")
    assert world.call("DELETE", f"/v1/billing-accounts/{account}/managers/{carl_id}", olga).code == "is_sold_to_contact"
    history = world.ok("GET", f"/v1/support/contacts/{contact}/history", world.support())["data"]
    assert [(each["type"], each["actor"]) for each in history] == [("contact_changed_in_zuora", "zuora")]
    assert history[0]["data"]["fields"] == "city, work_email"


def test_a_new_sold_to_in_zuora_is_followed(world: World, olga: Person) -> None:
    """R54: roles and name of the account, with a copy of the new contact."""
    account = world.account(olga)
    (zuora_id,) = world.zuora.state.accounts
    person = {"accountId": zuora_id, "firstName": "Nina", "lastName": "New", "workEmail": "nina@acme.example"}
    new = world.zuora.do("POST", "/v1/contacts", person)["id"]
    world.zuora.do("PUT", f"/v1/accounts/{zuora_id}", {"soldToContactId": new, "name": "Acme Group"})
    assert call_out(world, {"accountId": zuora_id}).status == 200
    world.pipeline.drain()
    assert contact_ids(world, account)["sold_to"] == new
    assert world.ok("GET", f"/v1/billing-accounts/{account}", olga)["name"] == "Acme Group"
    assert world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)["sold_to"]["first_name"] == "Nina"
    assert world.events(account)[-1] == "account_changed_in_zuora"


def test_our_own_write_comes_back_as_no_change(world: World, olga: Person) -> None:
    """R54: no echo: what equals our copy is ignored."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    edit(world, contact, city="Graz")
    world.pipeline.drain()
    events = world.events(account)
    world.zuora.forget_requests()
    call_out(world, {"contact_id": contact})
    world.pipeline.drain()
    assert [each for each in world.events(account) if each != "callout_received"] == events
    assert all(each["method"] == "GET" for each in world.zuora.requests if each["path"] != "/oauth/token")


def test_a_pending_edit_wins_and_other_fields_are_followed(world: World, olga: Person) -> None:
    """R54, R51: only what was edited here is written; the rest comes from Zuora."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    edit(world, contact, city="Graz")
    world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Linz", "zipCode": "4020"})
    call_out(world, {"contact_id": contact})
    world.pipeline.drain()
    assert (in_zuora(world, contact)["city"], in_zuora(world, contact)["zipCode"]) == ("Graz", "4020")
    seen = world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)["sold_to"]
    assert (seen["city"], seen["postal_code"]) == ("Graz", "4020")


def test_the_same_notification_counts_once(world: World, olga: Person) -> None:
    """R54: Zuora repeats; another notification about the same contact is another one."""
    contact = contact_ids(world, world.account(olga))["sold_to"]
    for notification in ("n-1", "n-1", "n-2", None, None):
        assert call_out(world, {"contact_id": contact}, notification).status == 200
    noted = [each for each in world.pipeline.history() if each["type"]["S"] == "callout_received"]
    assert len(noted) == 4


def test_callouts_in_the_wrong_order_have_the_right_result(world: World, olga: Person) -> None:
    """R54: they say where to look, not what is there."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    for city in ("Linz", "Graz"):
        world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": city})
    for number in (2, 1):
        call_out(world, {"contact_id": contact}, f"n-{number}")
    world.pipeline.drain()
    assert world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)["sold_to"]["city"] == "Graz"


@pytest.mark.parametrize("form", ["base64", "hex", "HEX"])
def test_the_signature_may_be_base64_or_hex(world: World, form: str) -> None:
    """R54."""
    raw = json.dumps({"contact_id": "x"})
    digest = mac(raw)
    said = {"base64": base64.b64encode(digest).decode(), "hex": digest.hex(), "HEX": digest.hex().upper()}[form]
    assert call_out(world, raw, **{"X-Zuora-Signature": said}).status == 200


WRONG = {
    "none": "",
    "of another key": base64.b64encode(mac('{"contact_id": "x"}', "another key")).decode(),
    "of another body": base64.b64encode(mac("{}")).decode(),
    "cut off": mac('{"contact_id": "x"}').hex()[:-2],
    "no mac at all": "not a mac \u00e9",
}


@pytest.mark.parametrize("signature", WRONG.values(), ids=WRONG)
def test_without_the_right_signature_nothing_is_read_or_written(world: World, signature: str) -> None:
    """R54: 401, whatever the body says."""
    before = world.everything()
    refused = call_out(world, '{"contact_id": "x"}', **{"X-Zuora-Signature": signature})
    assert (refused.status, refused.code) == (401, "unauthenticated")
    assert call_out(world, "{not json", **{"X-Zuora-Signature": signature}).status == 401
    assert world.everything() == before


def test_a_signed_callout_without_ids_is_refused_and_an_unknown_one_is_ignored(world: World) -> None:
    """R54: 400 for what is no JSON, 422 for what has no ids; 200 for what is not ours, which leaves no trace."""
    assert (call_out(world, "{not json").status, call_out(world, "[]").status) == (400, 422)
    wrong = call_out(world, '{"AccountId": 5}')
    assert (wrong.status, [each["field"] for each in wrong.json["errors"]]) == (422, ["AccountId"])
    before = world.everything()
    assert call_out(world, {"contact_id": "f" * 32, "account_id": "e" * 32}).status == 200
    assert world.everything() == before


UNUSABLE: list[Any] = [
    "",
    " ",
    None,
    5,
    True,
    1.5,
    [],
    ["x"],
    {},
    {"Id": "x"},
    "a b",
    "x" * 65,
    "a/b",
    "\u00e9",
    "%7B%7D",
]


@pytest.mark.parametrize("unusable", UNUSABLE)
@pytest.mark.parametrize("bad", ["account_id", "contact_id"])
def test_an_unusable_id_counts_as_absent_if_the_other_is_good(
    world: World, olga: Person, bad: str, unusable: Any
) -> None:
    """R54: Zuora does not repeat what was refused."""
    account = world.account(olga)
    (zuora_id,) = world.zuora.state.accounts
    good = {"account_id": zuora_id, "contact_id": contact_ids(world, account)["sold_to"]}
    assert call_out(world, {**good, bad: unusable}).status == 200
    assert world.events(account)[-1] == "callout_received"


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_a_callout_without_any_id_is_refused_and_counted(
    world: World, unusable: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """R54: silence would hide a wrong template."""
    before = world.everything()
    assert call_out(world, {"account_id": unusable}).status == 422
    assert call_out(world, {"account_id": unusable, "contact_id": unusable}).status == 422
    assert "CalloutsUnusable" in capsys.readouterr().out
    assert world.everything() == before


@pytest.mark.parametrize("body", ["{}", "[]", "7", "null", '"x"', '{"Account.Id": "e1"}', '{"Account": {"Id": "e1"}}'])
def test_unknown_field_names_are_ignored(world: World, body: str) -> None:
    """R54."""
    refused = call_out(world, body)
    assert (refused.status, [each["field"] for each in refused.json["errors"]]) == (422, ["account_id"])


@pytest.mark.parametrize("spelling", ["account_id", "accountId", "AccountId"])
@pytest.mark.parametrize("around", ["{}", " {} ", "{}\n"])
def test_every_spelling_and_blanks_around_ids_are_accepted(
    world: World, olga: Person, spelling: str, around: str
) -> None:
    """R54: also beside another spelling that is empty."""
    account = world.account(olga)
    (zuora_id,) = world.zuora.state.accounts
    body = dict.fromkeys(("account_id", "accountId", "AccountId"), "") | {spelling: around.format(zuora_id)}
    assert call_out(world, body).status == 200
    assert world.events(account)[-1] == "callout_received"


def test_broken_text_beside_a_good_id_does_no_harm(world: World, olga: Person) -> None:
    """R56: nor do bytes that are no text."""
    account = world.account(olga)
    (zuora_id,) = world.zuora.state.accounts
    assert call_out(world, f'{{"account_id": "{zuora_id}", "name": "Anna\\ud83d\\u0000"}}').status == 200
    assert world.events(account)[-1] == "callout_received"


def test_a_callout_nested_too_deep_is_malformed(world: World) -> None:
    """R54: never 500."""
    assert call_out(world, '{"account_id": ' + "[" * 3000 + "]" * 3000 + "}").status == 400


def test_a_deleted_contact_is_marked(world: World, olga: Person) -> None:
    """R54: never recreated by guess."""
    account = world.account(olga, bill_to="bill@acme.example")
    contact = contact_ids(world, account)["bill_to"]
    world.zuora.state.contacts[contact]["deletedAt"] = 0.0
    for each in world.zuora.state.accounts.values():
        each["billToId"] = each["soldToId"]
    call_out(world, {"contact_id": contact})
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/support/contacts/{contact}", world.support())
    assert (seen["sync"]["state"], seen["roles"]) == ("deleted_in_zuora", [])
    after = contact_ids(world, account)
    assert after["bill_to"] == after["sold_to"]


def test_scrubbed_data_is_not_copied(world: World, olga: Person) -> None:
    """R54: "Record Scrubbed" is not a person's name."""
    contact = contact_ids(world, world.account(olga))["sold_to"]
    world.zuora.do("PUT", f"/v1/contacts/{contact}/scrub", {})
    call_out(world, {"contact_id": contact})
    world.pipeline.drain()
    assert world.ok("GET", f"/v1/support/contacts/{contact}", world.support())["first_name"] == "Olga"


def test_an_edit_that_zuora_refused_is_not_dropped_by_a_callout(world: World, olga: Person) -> None:
    """R54, R57: it stays visible, for support to correct or to give up."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    edit(world, contact, country="Ivory Coast")
    world.pipeline.drain()
    world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Graz"})
    assert call_out(world, {"contact_id": contact}).status == 200
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/support/contacts/{contact}", world.support())
    assert (seen["country"], seen["city"], seen["sync"]["state"]) == ("Ivory Coast", "", "failed")
    body = {"prefer": "zuora", "ticket_url": TICKET}
    world.ok("POST", f"/v1/support/contacts/{contact}/sync", world.support(), body)
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/support/contacts/{contact}", world.support())
    assert (seen["country"], seen["city"], seen["sync"]["state"]) == ("Germany", "Graz", "synced")
