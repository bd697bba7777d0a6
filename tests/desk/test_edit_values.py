"""Values before and after an edit: support sees them in every history, nobody else does (R40)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from chalicelib import ids, wiring
from chalicelib.domain.contacts import FIELDS
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import new_event, stream_of_contact
from chalicelib.domain.people import ZUORA
from chalicelib.operations.history import edit_values
from chalicelib.store import history
from chalicelib.store.transaction import commit
from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests import invariants_of_events, table_dump
from tests.desk.conftest import Desk
from tests.desk.test_erasing import a_contact, erase
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import rewritten_history, violations
from tests.table_dump import plain_items
from tests.world import World, fresh_world

CONTACTS, CUSTOMERS = "/v1/support/contacts", "/v1/support/customers"


@pytest.fixture
def world(issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A deployment in which a person may have any number of accounts."""
    with fresh_world(issuer, zuora_server, monkeypatch, MEMBERSHIPS_PER_CUSTOMER="unlimited") as world:
        yield world


def sold_to(desk: Desk) -> str:
    """The contact that is Sold To and Bill To of the account; Olga's."""
    return str(desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"])


def values(desk: Desk, path: str, kind: str) -> list[dict[str, Any]]:
    """The before and after values in events of that type, newest first."""
    found = desk.ok("GET", f"{path}/history?type={kind}")["data"]
    return [{name: it for name, it in event["data"].items() if name.endswith(("_before", "_after"))} for event in found]


def kept(world: World) -> dict[str, list[dict[str, Any]]]:
    """The stored items of edits, by their tables."""
    keys = {"Contacts": "contact_id", "Customers": "key"}
    return {
        table: [it for it in plain_items(world, table) if it[key].startswith("edit#")] for table, key in keys.items()
    }


def test_an_edit_of_a_contact_shows_before_and_after(desk: Desk) -> None:
    """R40, R51: in the contact's history and in its account's; also to read-only support agents."""
    contact = sold_to(desk)
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"city": "Graz", "address2": "Top 7"})
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"address2": "", "work_email": "billing@acme.example"})
    told = [
        {
            "address2_before": "Top 7", "address2_after": "",
            "work_email_before": "olga@acme.example", "work_email_after": "billing@acme.example",
        },
        {"city_before": "", "city_after": "Graz", "address2_before": "", "address2_after": "Top 7"},
    ]  # fmt: skip
    assert values(desk, f"{CONTACTS}/{contact}", "contact_edited") == told
    assert values(replace(desk, sue=desk.rob), desk.path, "contact_edited") == told


def test_an_edit_of_a_customer_shows_it_for_the_person_and_for_every_contact_that_follows(desk: Desk) -> None:
    """R40, R52: a name, an address; the contacts share one item, and each event shows its own."""
    world = desk.world
    path = f"{CUSTOMERS}/{desk.olga_id}"
    desk.ok("PATCH", path, {"first_name": "Olivia"})
    assert values(desk, path, "customer_edited") == [{"first_name_before": "Olga", "first_name_after": "Olivia"}]
    contact = sold_to(desk)
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"first_name": "Olli"})
    other = world.account(desk.olga)
    desk.ok("PATCH", path, {"email": "olivia@acme.example", "first_name": "Ola"})
    assert values(desk, path, "email_changed") == [
        {
            "address_before": "olga@acme.example", "address_after": "olivia@acme.example",
            "first_name_before": "Olivia", "first_name_after": "Ola",
        }
    ]  # fmt: skip
    moved = {"work_email_before": "olga@acme.example", "work_email_after": "olivia@acme.example"}
    (here, *_) = values(desk, f"{CONTACTS}/{contact}", "contact_edited")
    assert here == {**moved, "first_name_before": "Olli", "first_name_after": "Ola"}
    (there,) = values(desk, f"/v1/support/billing-accounts/{other}", "contact_edited")
    assert there == {**moved, "first_name_before": "Olga", "first_name_after": "Ola"}
    assert {table: len(items) for table, items in kept(world).items()} == {"Contacts": 3, "Customers": 2}
    assert violations(world) == []


def test_values_copied_from_zuora_are_shown_too(desk: Desk) -> None:
    """R40, R54, R55: a change there, and a contact of ours that a choice finds changed there."""
    world, contact = desk.world, sold_to(desk)
    world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Rom", "lastName": "Rossi"})
    desk.ok("POST", f"{CONTACTS}/{contact}/sync", {"prefer": "zuora"})
    world.pipeline.drain()
    seen = values(desk, f"{CONTACTS}/{contact}", "contact_changed_in_zuora")
    assert seen == [{"city_before": "", "city_after": "Rom", "last_name_before": "Owner", "last_name_after": "Rossi"}]
    carl = world.join(desk.olga, desk.account, world.person("carl@acme.example"))
    path = f"/v1/billing-accounts/{desk.account}/contacts/sold-to"
    world.ok("PUT", path, desk.olga, {"manager_id": carl})
    world.pipeline.drain()
    world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Bari"})
    world.ok("PUT", path, desk.olga, {"manager_id": desk.olga_id})
    world.pipeline.drain()
    assert values(desk, desk.path, "contact_placed") == [{"city_before": "Rom", "city_after": "Bari"}, {}]
    assert violations(world) == []


def test_managers_queues_history_and_indexes_get_no_values(desk: Desk) -> None:
    """R40, I6: the account's own history names the fields; no item of the history, image or index has a value."""
    world, contact = desk.world, sold_to(desk)
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"city": "Klagenfurt", "work_email": "secret@acme.example"})
    desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {"last_name": "Geheim", "email": "secreter@acme.example"})
    seen = world.ok("GET", f"/v1/billing-accounts/{desk.account}/history", desk.olga)["data"]
    (edited,) = [event["data"] for event in seen if event["type"] == "contact_edited"]
    assert edited.keys() == {"contact_id", "fields", "parts", "version"}
    client: Any = boto3.client("dynamodb")
    indexes = [client.scan(TableName="Contacts", IndexName=name)["Items"] for name in ("by-account", "out-of-step")]
    everywhere = json.dumps([seen, world.items("History"), world.pipeline.history(), world.items("Search"), indexes])
    assert [word for word in ("Klagenfurt", "Geheim", "secret", "edit#") if word in everywhere] == []
    assert [len(items) for items in kept(world).values()] == [1, 1]
    assert world.call("GET", f"{CONTACTS}/{contact}/history", desk.olga).status == 403
    for things in (CONTACTS, CUSTOMERS):
        assert desk.ask("GET", f"{things}/edit%23{seen[0]['id']}").status == 404


def test_a_manager_of_many_accounts_changes_address_in_one_transaction(desk: Desk) -> None:
    """R52: the values of all contacts that follow take one step of the transaction, not one each."""
    for _ in range(17):
        desk.world.account(desk.olga)
    moved = desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {"email": "olivia@acme.example"})
    assert len(moved["contacts"]) == 18


@pytest.mark.parametrize("thing", ["contact", "account", "customer"])
def test_values_cost_one_more_read_and_only_where_there_are_some(desk: Desk, thing: str) -> None:
    """R40: the budget of the desk's histories."""
    paths = {
        "contact": f"{CONTACTS}/{sold_to(desk)}",
        "account": desk.path,
        "customer": f"{CUSTOMERS}/{desk.olga_id}",
    }
    path, counts = f"{paths[thing]}/history", []
    for change in (None, {"city": "Graz"}, {"city": "Wien"}):
        if change is not None:
            desk.ok("PATCH", f"{CONTACTS}/{sold_to(desk)}", change)
            desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {"last_name": change["city"]})
        with desk.world.calls_to_dynamodb() as calls:
            assert desk.ask("GET", path).status == 200
        counts.append((calls.count("BatchGetItem"), calls.count("Query")))
    (reads, queries), *with_values = counts
    assert with_values == [(reads + 1, queries)] * 2


def test_a_full_page_of_edits_is_one_read(world: World) -> None:
    """R40: a hundred events, plus the one that shows there are more."""
    now = wiring.now()
    before = dict.fromkeys(FIELDS, "")
    events = [
        new_event(
            stream_of_contact("c-1", None), event_id=event_id, event_type=EventType.CONTACT_CHANGED_IN_ZUORA, at=now,
            actor=ZUORA, subject="contact:c-1", contact_id="c-1", fields="city",
        )
        for event_id in ids.event_ids(now, 101)
    ]  # fmt: skip
    for event in events:
        commit(history.record(event), edit_values.of_contact(event, before, {"city": event.id}))
    with world.calls_to_dynamodb() as calls:
        shown = edit_values.shown(events)
    assert calls == ["BatchGetItem"]
    assert [event.data["city_after"] for event in shown[:100]] == [event.id for event in events[:100]]
    assert edit_values.shown([]) == []


def erasable(desk: Desk) -> str:
    """Nina of another account, who was edited, was a contact of this one, and is one again."""
    world, contact = desk.world, sold_to(desk)
    nina = desk.ok("POST", CUSTOMERS, {"email": "nina@old.example", "first_name": "Nina", "last_name": "Old"})["id"]
    desk.grant("nina@old.example")
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"work_email": "nina@old.example", "first_name": "Nina"})
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"first_name": "Ninette", "city": "Graz"})
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"work_email": "olga@acme.example", "first_name": "Olga"})
    desk.ok("PATCH", f"{CONTACTS}/{contact}", {"last_name": "Stays"})
    desk.ok("PATCH", f"{CUSTOMERS}/{nina}", {"email": "nina@acme.example", "first_name": "Ninette"})
    desk.ok("PATCH", f"{CUSTOMERS}/{nina}", {"last_name": "Newcomer"})
    desk.ok("PATCH", f"{CONTACTS}/{a_contact(desk)}", {"last_name": "Nowcomer", "city": "Linz"})
    desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {"last_name": "Remains"})
    world.pipeline.drain()
    return str(nina)


def test_the_values_of_an_erased_person_are_erased_too(desk: Desk) -> None:
    """R40: their own, their contacts', and those from when they were a contact under a former address.

    The history stays as it was, with the pseudonyms; so does what belongs to other people.
    """
    world, nina = desk.world, erasable(desk)
    pseudonyms = [it for it in plain_items(world, "History") if it["type"] == "email_changed"]
    before = world.everything()
    assert erase(desk, nina).status == 200
    world.pipeline.drain()
    left = json.dumps(kept(world), default=str)
    assert [word for word in ("nina", "Nina", "Old", "Newcomer", "Nowcomer", "Linz", "Graz") if word in left] == []
    assert values(desk, desk.path, "contact_edited")[2:] == [
        {"last_name_before": "Owner", "last_name_after": "Stays"}, {}, {}, {},
    ]  # fmt: skip
    assert values(desk, f"{CUSTOMERS}/{desk.olga_id}", "customer_edited") == [
        {"last_name_before": "Owner", "last_name_after": "Remains"}
    ]
    (moved,) = values(desk, f"{CUSTOMERS}/{nina}", "email_changed")
    said = json.loads(pseudonyms[0]["data"])
    assert moved == {name: said[name] for name in ("address_before", "address_after")}
    assert rewritten_history(before, world.everything()) == []
    assert invariants_of_events.found(table_dump.read(world.everything())) == []


@pytest.mark.parametrize("which", range(1, 6))
def test_an_edit_that_comes_in_between_is_erased_too(desk: Desk, which: int) -> None:
    """R40, in a race: just before any transaction of the erasure."""
    world, nina = desk.world, erasable(desk)
    (contact,) = [
        it["contact_id"] for it in plain_items(world, "Contacts") if it.get("work_email") == "nina@acme.example"
    ]  # fmt: skip

    def rival() -> None:
        desk.ask("PATCH", f"{CONTACTS}/{contact}", {"city": "Zwettl"})
        desk.ask("PATCH", f"{CUSTOMERS}/{nina}", {"last_name": "Zwettler"})

    with just_before(COMMIT, rival, nth=which):
        erased = erase(desk, nina)
    assert erased.status == 200, erased.text
    assert "Zwettl" not in json.dumps([plain_items(world, table) for table in ("Contacts", "Customers")], default=str)
    assert invariants_of_events.found(table_dump.read(world.everything())) == []
