"""Contacts over HTTP: who may be chosen, what may be typed, what support is refused (R53, R55, R60, R65)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.role_matrix import RoleMatrix
from tests.world import TICKET


@pytest.fixture(autouse=True)
def _zuora_is_well(matrix: RoleMatrix) -> Iterator[None]:
    """Clears Zuora's faults, which restoring the tables does not."""
    yield
    matrix.world.zuora.heal()


TYPED = {"first_name": "Bea", "last_name": "Counter", "work_email": "ap@acme.example", "country": "Austria"}


def choose(matrix: RoleMatrix, part: str, body: Any) -> Any:
    return matrix.world.call("PUT", f"/v1/billing-accounts/{matrix.account}/contacts/{part}", matrix.who("admin"), body)


def edit(matrix: RoleMatrix, who: str = "support", **changes: Any) -> Any:
    body = {"ticket_url": TICKET, **changes}
    return matrix.world.call("PATCH", f"/v1/support/contacts/{matrix.contact_id}", matrix.who(who), body)


def fields_of(answer: Any) -> list[str]:
    assert (answer.status, answer.code) == (422, "validation_failed"), answer.text
    return [each["field"] for each in answer.json["errors"]]


def test_only_a_manager_of_the_account_can_be_chosen(matrix: RoleMatrix) -> None:
    """R55, I8: a manager of another account is answered like an unknown id."""
    stranger = matrix.world.id_of(matrix.person("other"))
    with matrix.world.unchanged():
        for manager_id in (stranger, "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV"):
            for part in ("sold-to", "bill-to"):
                answer = choose(matrix, part, {"manager_id": manager_id})
                assert (answer.status, answer.code) == (404, "manager_not_found")


@pytest.mark.parametrize("body", [{}, {"manager_id": "x", "contact": TYPED}, {"contact": None}, {"manager_id": None}])
def test_a_bill_to_is_a_manager_or_a_contact_and_not_both(matrix: RoleMatrix, body: Any) -> None:
    """R55."""
    with matrix.world.unchanged():
        assert choose(matrix, "bill-to", body).status == 422


def test_a_sold_to_cannot_be_typed_in(matrix: RoleMatrix) -> None:
    """R55: managers only."""
    with matrix.world.unchanged():
        assert "contact" in fields_of(choose(matrix, "sold-to", {"contact": TYPED}))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": ""}, "contact.first_name"),
        ({"last_name": "x" * 101}, "contact.last_name"),
        ({"work_email": "no address"}, "contact.work_email"),
        ({"city": "x" * 101}, "contact.city"),
        ({"postal_code": "x" * 21}, "contact.postal_code"),
        ({"address1": "x" * 256}, "contact.address1"),
        ({"country": 7}, "contact.country"),
        ({"country": ""}, "contact.country"),
        ({"country": " \u200b "}, "contact.country"),
        ({"country": "Atlantis"}, "contact.country"),
        ({"country": "XX"}, "contact.country"),
        ({"country": "us", "state": "Bavaria"}, "contact.state"),
        ({"country": "Canada", "state": "CA"}, "contact.state"),
        ({"work_email": "x" * 60 + "@" + "y" * 12 + ".example"}, "contact.work_email"),
        ({"work_email": "x@" + "\u00e4" * 20 + "." + "\u00fc" * 40 + ".example"}, "contact.work_email"),
        ({"phone": "1"}, "contact.phone"),
    ],
)
def test_what_zuora_would_refuse_is_refused_first(matrix: RoleMatrix, changes: Any, field: str) -> None:
    """Bad input: fields that are too long, missing names, invalid addresses."""
    with matrix.world.unchanged():
        assert fields_of(choose(matrix, "bill-to", {"contact": {**TYPED, **changes}})) == [field]


@pytest.mark.parametrize(
    "changes",
    [
        {"city": "x" * 101},
        {"work_email": "no address"},
        {"work_email": "x" * 60 + "@" + "y" * 12 + ".example"},
        {"last_name": ""},
        {"country": "Atlantis"},
        {"country": "ZZ"},
    ],
)
def test_support_is_bound_by_the_same_lengths(matrix: RoleMatrix, changes: Any) -> None:
    """R65."""
    with matrix.world.unchanged():
        assert fields_of(edit(matrix, **changes)) == list(changes)
        assert fields_of(edit(matrix, **changes, dry_run=True)) == list(changes)


def test_a_state_is_checked_with_the_country_that_the_contact_has_then(matrix: RoleMatrix) -> None:
    """R32, R65: where Zuora checks it; the country before the edit or the one in the edit."""
    assert edit(matrix, state="Bavaria", dry_run=True).status == 200
    with matrix.world.unchanged():
        assert fields_of(edit(matrix, state="Bavaria", country="USA")) == ["state"]
    assert edit(matrix, state="Bavaria").status == 200
    with matrix.world.unchanged():
        assert fields_of(edit(matrix, country="United States")) == ["state"], "give it too, or empty it"
    assert edit(matrix, country="United States", state="ny").status == 200
    with matrix.world.unchanged():
        assert fields_of(edit(matrix, state="Bavaria")) == ["state"]


def test_a_custom_contact_names_its_country(matrix: RoleMatrix) -> None:
    """R55: taxes depend on it."""
    without = {name: value for name, value in TYPED.items() if name != "country"}
    with matrix.world.unchanged():
        assert fields_of(choose(matrix, "bill-to", {"contact": without})) == ["contact.country"]


def test_a_manager_whose_address_is_too_long_for_zuora_cannot_be_chosen(matrix: RoleMatrix) -> None:
    """R32: 80 characters; Zuora could only refuse the choice."""
    address = "x" * 60 + "@" + "y" * 12 + ".example"
    assert len(address) == 81
    matrix.world.set_customer(matrix.manager_id, address=address)
    with matrix.world.unchanged():
        for part in ("sold-to", "bill-to"):
            answer = choose(matrix, part, {"manager_id": matrix.manager_id})
            assert fields_of(answer) == ["manager_id"]
            assert "80 characters" in answer.json["errors"][0]["message"]


def test_nobody_can_be_chosen_on_a_closed_account(matrix: RoleMatrix) -> None:
    """R55: neither a manager nor a custom contact."""
    matrix.world.set_account(matrix.account, status="closed")
    with matrix.world.unchanged():
        for body in ({"manager_id": matrix.manager_id}, {"contact": TYPED}):
            answer = choose(matrix, "bill-to", body)
            assert (answer.status, answer.code) == (409, "account_closed")


def test_a_manager_without_a_name_cannot_be_a_contact(matrix: RoleMatrix) -> None:
    """R55: Zuora requires one."""
    matrix.world.set_customer(matrix.manager_id, last_name="")
    with matrix.world.unchanged():
        assert fields_of(choose(matrix, "sold-to", {"manager_id": matrix.manager_id})) == ["manager_id"]


def test_support_edits_no_contact_of_an_account_that_they_manage(matrix: RoleMatrix) -> None:
    """R60."""
    both = matrix.world.person("anna@acme.example", groups=["billing-support"])
    body = {"city": "Graz", "ticket_url": TICKET}
    with matrix.world.unchanged():
        for method, path in (("PATCH", ""), ("POST", "/sync")):
            sent = body if method == "PATCH" else {"ticket_url": TICKET}
            answer = matrix.world.call(method, f"/v1/support/contacts/{matrix.contact_id}{path}", both, sent)
            assert (answer.status, answer.code) == (403, "forbidden"), path


def test_an_edit_without_changes_is_none(matrix: RoleMatrix) -> None:
    """R51: no version, no event, no message."""
    with matrix.world.unchanged():
        answer = edit(matrix, first_name="Olga", country="Germany")
        assert (answer.status, answer.json["changed"], answer.json["sync"]["state"]) == (200, [], "synced")


@pytest.mark.parametrize("header", ["x", '"-1"', "1e3", "\u0661", '"' + "9" * 40 + '"', '"1", "2"'])
def test_an_invalid_if_match_is_refused(matrix: RoleMatrix, header: str) -> None:
    """R65."""
    body = {"city": "Graz", "ticket_url": TICKET}
    path = f"/v1/support/contacts/{matrix.contact_id}"
    with matrix.world.unchanged():
        answer = matrix.world.call("PATCH", path, matrix.who("support"), body, {"If-Match": header})
        assert answer.status in {412, 422}, answer.text


def test_a_contact_that_only_zuora_knows_is_added_once(matrix: RoleMatrix) -> None:
    """R53: with all its attributes; its account need not be here."""
    world, body = matrix.world, {"zuora_contact_id": matrix.new_contact_id, "ticket_url": TICKET}
    added = world.call("POST", "/v1/support/contacts", matrix.who("support"), body)
    assert (added.status, added.json["account_id"], added.json["work_email"]) == (201, None, "nina@new.example")
    with world.unchanged():
        again = world.call("POST", "/v1/support/contacts", matrix.who("support"), body)
        assert (again.status, again.json) == (200, added.json)
    history = world.ok("GET", f"/v1/support/contacts/{added.json['id']}/history", matrix.who("reader"))["data"]
    assert [(each["type"], each["actor"]) for each in history] == [("contact_added", "admin:sue@support.example")]


def test_adding_a_contact_is_idempotent_by_key(matrix: RoleMatrix) -> None:
    """R26: the same key and body repeat the answer; another body is refused."""
    path, sue, key = "/v1/support/contacts", matrix.who("support"), {"Idempotency-Key": "contact-1"}
    body = {"zuora_contact_id": matrix.new_contact_id, "ticket_url": TICKET}
    first = matrix.world.call("POST", path, sue, body, key)
    assert (first.status, "Idempotency-Replayed" in first.headers) == (201, False)
    with matrix.world.unchanged():
        again = matrix.world.call("POST", path, sue, body, key)
        assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (201, first.text, "true")
        other = matrix.world.call("POST", path, sue, {**body, "zuora_contact_id": "0" * 32}, key)
        assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_the_history_of_a_contact_can_be_filtered_by_type(matrix: RoleMatrix) -> None:
    """R40: like every history; a cursor is good for its own filter."""
    world, sue, contacts = matrix.world, matrix.who("support"), "/v1/support/contacts"
    world.ok("POST", contacts, sue, {"zuora_contact_id": matrix.new_contact_id, "ticket_url": TICKET})
    path = f"{contacts}/{matrix.new_contact_id}"
    for city in ("Graz", "Wien"):
        world.ok("PATCH", path, sue, {"city": city, "ticket_url": TICKET})
    for query, types in {
        "type=contact_added": ["contact_added"],
        "type=contact_edited": ["contact_edited"] * 2,
        "type=contact_added&type=contact_edited&limit=2": ["contact_edited"] * 2,
        "type=manager_left": [],
    }.items():
        found = world.ok("GET", f"{path}/history?{query}", matrix.who("reader"))
        assert [each["type"] for each in found["data"]] == types, query
    cursor = world.ok("GET", f"{path}/history?type=contact_edited&limit=1", sue)["next_cursor"]
    rest = world.ok("GET", f"{path}/history?type=contact_edited&limit=1&cursor={cursor}", sue)
    assert ([each["type"] for each in rest["data"]], rest["next_cursor"]) == (["contact_edited"], None)
    assert world.call("GET", f"{path}/history?cursor={cursor}", sue).status == 422


def test_an_unknown_zuora_contact_and_an_outage_are_told_apart(matrix: RoleMatrix) -> None:
    """R53, R57."""
    world = matrix.world
    with world.unchanged():
        body = {"zuora_contact_id": "0" * 32, "ticket_url": TICKET}
        unknown = world.call("POST", "/v1/support/contacts", matrix.who("support"), body)
        assert (unknown.status, unknown.code) == (404, "zuora_contact_not_found")
        body["zuora_contact_id"] = matrix.new_contact_id
        world.zuora.fail("*", "http_503")
        away = world.call("POST", "/v1/support/contacts", matrix.who("support"), body)
        assert (away.status, away.code) == (503, "zuora_unavailable")
        assert int(away.headers["Retry-After"]) > 0


def test_lists_of_the_desk_come_in_pages(matrix: RoleMatrix) -> None:
    """R65: contacts out of sync, one by one; a cursor is valid for its own list only."""
    world, support = matrix.world, matrix.who("support")
    other = world.account(world.person("otto2@beta.example"))
    (item,) = [each for each in world.items("Accounts") if each["key"]["S"] == other]
    for contact_id in (matrix.contact_id, item["sold_to_contact_id"]["S"]):
        body = {"city": "Graz", "ticket_url": TICKET}
        world.ok("PATCH", f"/v1/support/contacts/{contact_id}", support, body)
    path = "/v1/support/sync?state=pending&limit=1"
    first = world.ok("GET", path, support)
    second = world.ok("GET", f"{path}&cursor={first['next_cursor']}", support)
    found = {each["contact_id"] for page in (first, second) for each in page["data"]}
    assert found == {matrix.contact_id, item["sold_to_contact_id"]["S"]}
    assert second["next_cursor"] is None
    elsewhere = world.call("GET", f"/v1/support/sync?state=failed&cursor={first['next_cursor']}", support)
    assert (elsewhere.status, elsewhere.code) == (422, "validation_failed")
    assert world.call("GET", "/v1/support/sync?state=synced", support).status == 422
