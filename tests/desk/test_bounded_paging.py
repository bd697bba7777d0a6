"""Filters that match little: bounded calls per page, and paging that ends and misses nothing (R40, R61)."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from typing import Any

import pytest

from chalicelib.operations.search import search_records
from chalicelib.store import bounded, connection, invitations
from tests.desk.conftest import Desk
from tests.world import Person

pytestmark = pytest.mark.breaks_invariants("hundreds of items are put straight into the tables")

_LATER = count()
MOST_CALLS = 12
MANY = 90


def pages(desk: Desk, who: Person, path: str, limit: int) -> Iterator[list[str]]:
    """The ids of each page of a list, to its end; each page within its budget."""
    cursor = ""
    for _ in range(100):
        with desk.world.calls_to_dynamodb() as calls:
            page = desk.world.ok("GET", f"{path}limit={limit}{cursor}", who)
        assert len(calls) <= MOST_CALLS, calls
        yield [each.get("id") or each["account_id"] for each in page["data"]]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("a list without end")


def whole(desk: Desk, who: Person, path: str, limit: int) -> list[str]:
    """All ids in order, none of them twice."""
    found = [each for page in pages(desk, who, path, limit) for each in page]
    assert len(found) == len(set(found))
    return found


def copies(table: str, item: dict[str, Any], key: str, prefix: str, number: int, **changes: Any) -> list[str]:
    """Writes copies of an item under new, later ids, directly into the table."""
    ids = []
    for _ in range(number):
        ids.append(f"{prefix}7{next(_LATER):025}")
        new = {**deepcopy(item), **changes, key: {"S": ids[-1]}}
        connection.client().put_item(TableName=table, Item=new)
    return ids


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets of a few items, so that little data needs many pages."""
    monkeypatch.setattr(bounded, "AT_ONCE", 2)


def invited(desk: Desk) -> dict[str, Any]:
    """A revoked invitation, as stored."""
    made = desk.world.invite(desk.olga, desk.account, "ivan@acme.example")
    desk.world.ok("POST", f"/v1/billing-accounts/{desk.account}/invitations/{made['id']}/revoke", desk.olga)
    (item,) = [each for each in desk.world.items("Invitations") if each["invitation_id"]["S"] == made["id"]]
    return item


LISTS = ("/v1/billing-accounts/{}/invitations", "/v1/support/billing-accounts/{}/invitations")


@pytest.mark.usefixtures("small")
def test_a_rare_status_does_not_read_the_whole_account(desk: Desk) -> None:
    """R20: many ended invitations, of which the two oldest match; for managers and support."""
    item = invited(desk)
    declined = copies("Invitations", item, "invitation_id", "inv_", 2, status={"S": "declined"})[::-1]
    copies("Invitations", item, "invitation_id", "inv_", MANY)
    for who, path in zip((desk.olga, desk.sue), LISTS, strict=True):
        assert whole(desk, who, f"{path.format(desk.account)}?status=declined&", 1) == declined
    assert len(whole(desk, desk.olga, f"{LISTS[0].format(desk.account)}?status=revoked&", 100)) == MANY + 1


@pytest.mark.usefixtures("small")
def test_a_page_cut_by_the_budget_is_short_and_nothing_is_missed(desk: Desk) -> None:
    """R20: matches are anywhere among the others; every limit finds the same."""
    item, right = invited(desk), []
    for gap in (3, 14, 1, 0, 30):
        copies("Invitations", item, "invitation_id", "inv_", gap)
        right += copies("Invitations", item, "invitation_id", "inv_", 2, status={"S": "declined"})
    copies("Invitations", item, "invitation_id", "inv_", 40)
    for who, path in zip((desk.olga, desk.sue), LISTS, strict=True):
        for limit in (1, 3, 100):
            assert whole(desk, who, f"{path.format(desk.account)}?status=declined&", limit) == right[::-1], limit
    lengths = [len(each) for each in pages(desk, desk.olga, f"{LISTS[0].format(desk.account)}?status=declined&", 3)]
    assert 0 in lengths


@pytest.mark.usefixtures("small")
def test_a_rare_type_is_found_in_any_history_within_the_budget(desk: Desk) -> None:
    """R40: of an account for managers and support, of a person, of a contact with events in two streams."""
    contact = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    desk.world.pipeline.drain()
    (item, *_) = [each for each in desk.world.items("History") if each["stream"]["S"] == f"account#{desk.account}"]
    about = {"subject": {"S": f"contact:{contact}"}, "customer_id": {"S": desk.olga_id}}
    item = {**item, **about, "type": {"S": "invitation_revoked"}}
    right = []
    for stream in (f"account#{desk.account}", f"contact#{contact}") * 2:
        there = {"stream": {"S": stream}}
        right.append((stream, *copies("History", item, "event_id", "evt_", 1, **there, type={"S": "manager_left"})))
        copies("History", item, "event_id", "evt_", 12, **there)
        copies("History", item, "event_id", "evt_", 12, **there, subject={"S": "contact:other"})
    of_account = [each for stream, each in right[::-1] if stream.startswith("account")]
    everywhere = [each for _, each in right[::-1]]
    for limit in (1, 20):
        for who, path, wanted in (
            (desk.olga, f"/v1/billing-accounts/{desk.account}/history", of_account),
            (desk.sue, f"{desk.path}/history", of_account),
            (desk.sue, f"/v1/support/customers/{desk.olga_id}/history", everywhere),
            (desk.sue, f"/v1/support/contacts/{contact}/history", everywhere),
        ):
            assert whole(desk, who, f"{path}?type=manager_left&", limit) == wanted, path
    assert len(whole(desk, desk.sue, f"/v1/support/contacts/{contact}/history?", 7)) >= 4 + 48


def test_search_filters_that_match_little_stay_within_the_budget(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """R61: pages are short, or empty; paging ends with everybody who matches."""
    monkeypatch.setattr(search_records, "_MOST_AT_ONCE", 3)
    monkeypatch.setattr(search_records, "_ROUNDS", 2)
    for number in range(12):
        person = {"email": f"c{number:02}@crowd.example", "first_name": "Kim", "last_name": f"Crowd{number}"}
        last = desk.ok("POST", "/v1/support/customers", person)
    desk.ok("PATCH", f"/v1/support/customers/{last['id']}", {"login_activated": False})
    desk.world.pipeline.drain()
    for query in ("login_activated=false&", "email=crowd&login_activated=false&", "name=kim&login_activated=false&"):
        for limit in (1, 20):
            assert whole(desk, desk.sue, f"/v1/support/customers?{query}", limit) == [last["id"]], query
    assert whole(desk, desk.sue, "/v1/support/billing-accounts?plan=none&", 1) == []


def test_an_inbox_continues_past_ended_invitations(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """R21: newer invitations that ended do not hide a pending one."""
    monkeypatch.setattr(invitations, "MOST_IN_INBOX", 3)
    guest = desk.world.person("ivan@acme.example")
    item = invited(desk)
    waits = desk.world.invite(desk.olga, desk.account, guest.email)["id"]
    copies("Invitations", item, "invitation_id", "inv_", 7, address={"S": guest.email})
    assert whole(desk, guest, "/v1/me/invitations?", 20) == [waits]
    assert whole(desk, guest, "/v1/me/invitations?", 1) == [waits]


def test_the_out_of_sync_list_continues_past_stale_entries(desk: Desk) -> None:
    """R51: the index may name a contact that is in sync by now; the page is short, and nothing is missed."""
    contact = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    (item,) = [each for each in desk.world.items("Contacts") if each["contact_id"]["S"] == contact]
    failed = {"out_of_step": {"S": "failed"}, "sync_state": {"S": "failed"}}
    ids = copies("Contacts", item, "contact_id", "con_", 7, **failed)
    page = desk.ok("GET", "/v1/support/sync?state=failed&limit=3")
    assert len(page["data"]) == 3
    found = []
    with pytest.MonkeyPatch.context() as patch:
        many = bounded_many(ids[4])
        patch.setattr("chalicelib.operations.contacts.view_contact.reading.many", many)
        cursor = ""
        for _ in range(9):
            page = desk.ok("GET", f"/v1/support/sync?state=failed&limit=3{cursor}")
            found += [each["contact_id"] for each in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
    assert found == [each for each in ids if each != ids[4]]


def bounded_many(gone: str) -> Any:
    """Reads as if one item had been deleted since the index was read."""
    from chalicelib.store import reading  # noqa: PLC0415 -- the real one, before it is patched

    real = reading.many
    return lambda keys: [None if key.hash_key == gone else real([key])[0] for key in keys]
