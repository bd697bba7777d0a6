"""Search: what is found, in which order, at which cost, and how the index is kept up to date (R61)."""

import itertools
import unicodedata
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.domain import search as words
from chalicelib.domain.errors import Invalid
from chalicelib.domain.search import Kind
from chalicelib.operations.search.index_search import index
from chalicelib.store import connection
from devstack.rebuild_search import rebuild
from tests.desk.conftest import Desk
from tests.world import World

PEOPLE = (
    ("anna.smith@acme.example", "Anna", "Smith"),
    ("bob@acme.example", "Bob", "Smithson"),
    ("zoe@other.example", "Zoë", "Müller-Anders"),
    ("anna@third.example", "Anna Maria", "Öztürk"),
    ("j.x@other.example", "J", "Xavier"),
)


@pytest.fixture
def people(desk: Desk) -> Desk:
    """The desk, and five people in the index beside Olga Tester."""
    for email, first, last in PEOPLE:
        desk.ok("POST", "/v1/support/customers", {"email": email, "first_name": first, "last_name": last})
    desk.world.pipeline.drain()
    return desk


def find(desk: Desk, what: str, query: str) -> list[Any]:
    return list(desk.ok("GET", f"/v1/support/{what}?{query}")["data"])


def emails(desk: Desk, query: str) -> list[str]:
    return [each["email"] for each in find(desk, "customers", query)]


FOUND: tuple[tuple[str, list[str]], ...] = (
    ("email=anna.smith@acme.example", ["anna.smith@acme.example"]),
    ("email=ANNA", ["anna.smith@acme.example", "anna@third.example"]),
    ("email=acme.exam", ["anna.smith@acme.example", "bob@acme.example", "olga@acme.example"]),
    ("email=%40other.example", ["j.x@other.example", "zoe@other.example"]),
    ("email=mith", ["anna.smith@acme.example"]),
    ("name=smith", ["anna.smith@acme.example", "bob@acme.example"]),
    ("name=SMITH%20anna", ["anna.smith@acme.example"]),
    ("name=an%20smi", ["anna.smith@acme.example"]),
    ("name=zoe%20muller", ["zoe@other.example"]),
    ("name=m%C3%BCller%20zo%C3%AB", ["zoe@other.example"]),
    ("name=anders", ["zoe@other.example"]),
    ("name=Ozturk%20maria%20anna", ["anna@third.example"]),
    ("name=smith%20a", ["anna.smith@acme.example"]),
    ("name=j", ["j.x@other.example"]),
    ("name=x%20j", ["j.x@other.example"]),
    ("email=acme&name=bob", ["bob@acme.example"]),
    ("name=nobody", []),
    ("email=gone.example", []),
    ("name=%2525%20%5F%23", []),
)
"""Questions, and whom they find of the people above and Olga."""


def test_customers_are_found_by_any_part_of_address_and_name(people: Desk) -> None:
    """R61: any case, with or without accents, words in any order, beginnings of words."""
    wrong = {query: emails(people, query) for query, right in FOUND if sorted(emails(people, query)) != right}
    assert wrong == {}


def test_a_domain_is_found_as_people_write_it(desk: Desk) -> None:
    """R1, R61: customers are stored with A-labels; contacts as Zuora has them, and edited ones with A-labels."""
    person = {"email": "kim@m\u00fcller.example", "first_name": "Kim", "last_name": "Khan"}
    desk.ok("POST", "/v1/support/customers", person)
    contact = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    desk.ok("PATCH", f"/v1/support/contacts/{contact}", {"work_email": "ole@b\u00fccher.example"})
    typed = desk.world.zuora_account("ann@k\u00f6ln.example")
    added = desk.world.zuora.do("GET", f"/v1/accounts/{typed}")["soldToContact"]["id"]
    desk.ok("POST", "/v1/support/contacts", {"zuora_contact_id": added})
    desk.world.pipeline.drain()
    for part in (
        "kim@M\u00dcLLER.example",
        "@mu\u0308ller.example",
        "m\u00fcller",
        "xn--mller",
        "\u00fc\u00fc.m\u00fcller",
    ):
        found = [] if part.startswith("\u00fc") else ["kim@xn--mller-kva.example"]
        assert emails(desk, f"email={quote(part)}") == found, part
    for part, contact_id in (("@b\u00fccher.example", contact), ("ann@k\u00f6ln.example", added), ("k\u00f6ln", added)):
        assert [each["id"] for each in find(desk, "contacts", f"email={quote(part)}")] == [contact_id], part


def test_everybody_is_listed_in_the_order_of_addresses_and_filtered_by_login(people: Desk) -> None:
    """R61: without a query all of them; ``login_activated=false`` those that were switched off."""
    everybody = emails(people, "")
    assert everybody == sorted(everybody)
    assert len(everybody) == 6
    anna = find(people, "customers", "name=ozturk")[0]["id"]
    people.ok("PATCH", f"/v1/support/customers/{anna}", {"login_activated": False})
    people.world.pipeline.drain()
    assert emails(people, "login_activated=false") == ["anna@third.example"]
    assert emails(people, "email=anna&login_activated=true") == ["anna.smith@acme.example"]


def test_accounts_are_found_by_name_id_and_number(desk: Desk) -> None:
    """R61: whole or by prefix; filters narrow it."""
    desk.world.pipeline.drain()
    account = desk.ok("GET", desk.path)
    zuora_id, number = account["zuora_account_id"], account["account_number"]
    for query in ("name=ltd%20acm", f"zuora_account_id={zuora_id}", f"zuora_account_id={zuora_id[:6].upper()}",
                  f"account_number={number}",
                  f"account_number={number[:2]}", "status=active", "channel=direct", ""):  # fmt: skip
        assert [each["id"] for each in find(desk, "billing-accounts", query)] == [desk.account], query
    for query in (
        "name=acm%20inc",
        "zuora_account_id=zzzz",
        "status=closed",
        "channel=reseller",
        "name=acme&plan=team",
    ):
        assert find(desk, "billing-accounts", query) == [], query


def test_contacts_are_found_with_their_roles(desk: Desk) -> None:
    """R61, R65: by address or name, with the account."""
    desk.world.pipeline.drain()
    for query in ("email=OLGA", "name=owner%20olga", "email=acme.example&name=ol", "sync_state=synced"):
        (contact,) = find(desk, "contacts", query)
        assert (contact["account_name"], sorted(contact["roles"])) == ("Acme Ltd", ["bill_to", "sold_to"]), query
    assert find(desk, "contacts", "name=owner&sync_state=failed") == []


def test_a_list_is_paged_to_its_end_without_duplicates(people: Desk) -> None:
    """R61: each page as long as requested, nobody twice, and a cursor belongs to its query."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = people.ok("GET", f"/v1/support/customers?email=example&limit=2{cursor}")
        assert len(page["data"]) <= 2
        seen += [each["email"] for each in page["data"]]
        following = page["next_cursor"]
        cursor = None if following is None else f"&cursor={following}"
    assert len(seen) == len(set(seen)) == 6
    following = people.ok("GET", "/v1/support/customers?email=example&limit=2")["next_cursor"]
    assert people.ask("GET", f"/v1/support/customers?email=acme&limit=2&cursor={following}").code == "validation_failed"


@pytest.mark.parametrize("query", ["email=ab", "email=", "nam=x", "limit=0", "login_activated=yes", "sync_state=x"])
def test_meaningless_queries_are_refused(desk: Desk, query: str) -> None:
    """R61: a part of an address has three characters or more."""
    answer = desk.ask("GET", f"/v1/support/customers?{query}")
    assert (answer.status, answer.code) == (422, "validation_failed")


def test_both_support_groups_search_and_nobody_else(desk: Desk) -> None:
    """R60, S24: the read-only group too; not managers and strangers."""
    for what in ("customers", "billing-accounts", "contacts"):
        path = f"/v1/support/{what}?name=olga"
        assert desk.world.call("GET", path, desk.rob).status == 200
        assert desk.world.call("GET", path, desk.olga).status == 403
        assert desk.world.call("GET", path).status == 401


def test_the_index_follows_every_change(desk: Desk) -> None:
    """R61: a new name and a new address are found, the old ones are not; also with duplicate messages."""
    path = f"/v1/support/customers/{desk.olga_id}"
    desk.world.pipeline.drain()
    desk.ok("PATCH", path, {"first_name": "Olivia", "email": "olivia@new.example"})
    desk.world.pipeline.stream()
    desk.world.pipeline.desk_queues(deliver_twice=True)
    assert emails(desk, "name=olivia") == ["olivia@new.example"] == emails(desk, "email=new.example")
    assert emails(desk, "email=olga") == [] == emails(desk, "name=olga")
    assert [each["work_email"] for each in find(desk, "contacts", "email=olivia")] == ["olivia@new.example"]


def test_a_person_who_joins_by_invitation_is_found(desk: Desk) -> None:
    """R61, R21: accepting creates the customer; the first sign-in of a record changes nothing."""
    world = desk.world
    world.join(desk.olga, desk.account, world.person("nina@acme.example"))
    world.pipeline.drain()
    assert emails(desk, "name=nina%20tester") == ["nina@acme.example"]


def test_a_lost_index_can_be_rebuilt(people: Desk) -> None:
    """R61: from the tables alone, and stale entries are removed; a second run changes nothing."""
    world = people.world
    people.ok("PATCH", f"/v1/support/customers/{people.olga_id}", {"last_name": "Other"})
    world.pipeline.drain()
    assert [it for it in world.items("Contacts") if it["contact_id"]["S"].startswith("edit#")] != []
    before = sorted(world.items("Search"), key=str)
    for item in before[::2]:
        connection.client().delete_item(TableName="Search", Key={name: item[name] for name in ("place", "order")})
    for item in world.items("Search"):
        if item["place"]["S"].startswith("list#"):
            key = {name: item[name] for name in ("place", "order")}
            connection.client().delete_item(TableName="Search", Key=key)
    done = rebuild()
    assert done[Kind.CUSTOMER] == (6, 6)
    assert set(keys(world)) >= {str([item["place"], item["order"]]) for item in before}
    assert all(filed == 0 for _, filed in rebuild().values())


def keys(world: World) -> list[str]:
    return [str([item["place"], item["order"]]) for item in world.items("Search")]


def test_messages_in_any_order_leave_the_same_index(desk: Desk) -> None:
    """R61: the last one to write has read the newest state; the order of messages does not matter."""
    world = desk.world
    path = f"/v1/support/customers/{desk.olga_id}"
    for name in ("Ada", "Bea", "Cleo"):
        desk.ok("PATCH", path, {"first_name": name})
    world.pipeline.drain()
    once = sorted(keys(world))
    for _ in range(2):
        assert index(Kind.CUSTOMER, desk.olga_id) is False
    assert sorted(keys(world)) == once
    of_people = [key for key in once if "customer#" in key]  # ids of accounts in Zuora may contain anything
    assert not [key for key in of_people if "ada" in key.split("list#")[0] or "bea tester" in key]


def test_the_reads_of_a_query_do_not_grow_with_the_table(desk: Desk) -> None:
    """R61: one query for the entries and one read for the records, however many people there are."""
    world = desk.world
    costs = []
    for size in (3, 15):
        for number in range(size):
            email = f"crowd{number}.{size}@crowd{size}.example"
            person = {"email": email, "first_name": f"Crowd{number}x{size}", "last_name": "People"}
            desk.ok("POST", "/v1/support/customers", person)
        world.pipeline.drain()
        with world.calls_to_dynamodb() as calls:
            assert len(emails(desk, "name=crowd1x3")) == 1
        costs.append(list(calls))
    assert costs[0] == costs[1] == ["Query", "BatchGetItem"]


TEXTS = st.text(max_size=30)


def found_times(question: words.Question, entries: list[words.Entry]) -> int:
    """How often a record with these entries is found by that query."""
    hits = [each for each in entries if each.place in question.places and each.order.startswith(question.beginning)]
    return sum(question.accepts(each, entries) for each in hits)


@settings(max_examples=200, deadline=None)
@given(email=TEXTS, name=TEXTS, part=TEXTS)
def test_every_result_matches_and_none_is_missed(email: str, name: str, part: str) -> None:
    """R61: with any text, a query reads a matching record, and once."""
    entries = list(words.of_person(Kind.CUSTOMER, "cus_1", email=email, name=name))
    try:
        by_email = words.by_email(Kind.CUSTOMER, part)
    except Invalid:
        assert len(words.plain(part)) < words.SHORTEST_PART
    else:
        times = found_times(by_email, entries)
        assert times <= 1
        assert times or not words.has_email(email, part)
    by_name = words.by_name(Kind.CUSTOMER, part)
    assert (by_name is None) == (not "".join(part.split()))
    if by_name is not None:
        times = found_times(by_name, entries)
        assert times <= 1
        assert times or not words.has_name(name, part)


SCRIPTS = (
    "abA\u00e9e\u0301\u0e1a\u0e23\u0e34\u0e29\u0e31\u0645\u064f\u062d\u093f\u0915\u4e2d\ud55c"
    "\u200c\u0130\u00df .-'&!\U0001f642"
)


@settings(max_examples=300, deadline=None)
@example(name="\u0301\u064f", form="NFC", change=str)  # combining marks alone, not in canonical order
@given(
    name=st.text(alphabet=SCRIPTS, min_size=1, max_size=60)
    | st.lists(st.text(alphabet=SCRIPTS, max_size=100), max_size=20).map(" ".join),
    form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]),
    change=st.sampled_from([str.upper, str.lower, str.casefold, str]),
)
def test_every_name_is_found_by_its_full_text(
    name: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"], change: Callable[[str], str]
) -> None:
    """R61: of any length, in any script, in any form and case; Thai or Arabic marks do not split words."""
    sought = unicodedata.normalize(form, change(name))
    question = words.by_name(Kind.ACCOUNT, sought)
    if question is None:
        assert not "".join(sought.split())
        return
    assert words.has_name(name, sought)
    entries = list(words.of_account("acc_1", name=name, zuora_account_id="z", number="n"))
    assert found_times(question, entries) == 1
    assert max(len(each.order.encode()) for each in entries) <= 56 + 1 + len("acc_1")


def test_a_query_of_two_words_finds_names_of_many_words_too() -> None:
    """R61: of names of more than six words not every pair is indexed; any two words find them all the same."""
    name = "The Royal Society for the Prevention of Cruelty to Animals in Wales"
    entries = list(words.of_account("acc_1", name=name, zuora_account_id="z", number="n"))
    for one, other in itertools.permutations(words.words(name), 2):
        question = words.by_name(Kind.ACCOUNT, f"{one[:4]} {other}")
        assert question is not None
        assert found_times(question, entries) == 1, (one, other)


NAMES = (
    ("\u4e2d" * 100, "\u56fd" * 100),
    ("\u56fd" * 100, "\u4e2d" * 100),
    ("A" * 100, "B" * 100),
    ("A" * 100, "B" * 99),
    ("\u0e1a\u0e23\u0e34\u0e29\u0e31\u0e17", "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f"),
    ("one two three four five", "six seven eight nine ten"),
    ("\U0001f642" * 50, "\u2605"),
    ("Zo" + "e\u0301" * 49, "x " * 50),
    ("Ann Anna Annabel", "Ann-Annabel"),
)


def walked(desk: Desk, path: str) -> list[str]:
    """The ids of a list, one per page; every cursor is short."""
    seen: list[str] = []
    cursor = ""
    for _ in range(200):
        page = desk.ok("GET", f"{path}limit=1{cursor}")
        seen += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            return seen
        assert len(page["next_cursor"]) == 150
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("a list without end")


def test_paging_one_by_one_gives_each_record_once_whatever_the_names(desk: Desk) -> None:
    """R61: every cursor that the service makes is accepted by it; full names find their owners."""
    ids = {desk.olga_id}
    for number, (first, last) in enumerate(NAMES):
        email = f"{'x' * 50}{number}@{'long.' * 20 if number == 0 else 'long.'}example"
        person = {"email": email, "first_name": first, "last_name": last}
        ids.add(desk.ok("POST", "/v1/support/customers", person)["id"])
    desk.world.pipeline.drain()
    for query in ("", "email=long.&", "email=xxx&"):
        seen = walked(desk, f"/v1/support/customers?{query}")
        assert len(seen) == len(set(seen)), query
        assert set(seen) == (ids if query == "" else ids - {desk.olga_id}), query
    for first, last in NAMES:
        seen = walked(desk, f"/v1/support/customers?name={quote(first + ' ' + last)}&")
        names = [desk.ok("GET", f"/v1/support/customers/{each}") for each in seen]
        assert len(seen) == len(set(seen))
        whole = unicodedata.normalize("NFC", f"{first.strip()} {last.strip()}")
        assert whole in [f"{each['first_name']} {each['last_name']}" for each in names]


def test_paging_continues_when_the_record_at_the_cursor_is_renamed(people: Desk) -> None:
    """R61: the cursor holds the position, not the record."""
    first = people.ok("GET", "/v1/support/customers?name=smith&limit=1")
    path = f"/v1/support/customers/{first['data'][0]['id']}"
    people.ok("PATCH", path, {"last_name": "Zuck"})
    people.world.pipeline.drain()
    second = people.ok("GET", f"/v1/support/customers?name=smith&limit=1&cursor={first['next_cursor']}")
    assert {first["data"][0]["email"], *(each["email"] for each in second["data"])} == {
        "anna.smith@acme.example", "bob@acme.example"
    }  # fmt: skip


def test_a_plus_in_an_address_may_be_sent_unescaped(desk: Desk) -> None:
    """R61: gateways read it as a blank; no address has blanks, so the meaning is clear."""
    for email in ("bob+zz@acme.example", "bobzz@acme.example"):
        desk.ok("POST", "/v1/support/customers", {"email": email, "first_name": "Bob", "last_name": "Plus"})
    contact = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    desk.ok("PATCH", f"/v1/support/contacts/{contact}", {"work_email": "bob+zz@acme.example"})
    desk.world.pipeline.drain()
    for sent in ("bob+zz@acme.example", "bob%20zz@acme.example", "bob%2Bzz@acme.example", "%20bob+zz@acme.example"):
        assert emails(desk, f"email={sent}") == ["bob+zz@acme.example"], sent
        assert [each["id"] for each in find(desk, "contacts", f"email={sent}")] == [contact], sent
        found = desk.ok("GET", f"/v1/support/suppressions?email={sent}")
        assert found["email"] == "bob+zz@acme.example", sent


ODD = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ODD, other=ODD)
def test_a_search_for_any_text_is_answered(desk: Desk, text: str, other: str) -> None:
    """R61: never a 500, and never refused for a name; a part of an address needs three characters."""
    for what in ("customers", "billing-accounts", "contacts"):
        assert desk.ask("GET", f"/v1/support/{what}?name={quote(text)}").status == 200
    answer = desk.ask("GET", f"/v1/support/contacts?email={quote(text)}&name={quote(other)}")
    assert answer.status == 200 or "".join(text.split()) != text or len(text) < 3
    query = f"zuora_account_id={quote(text)}&account_number={quote(other)}&plan={quote(text)}"
    assert desk.ask("GET", f"/v1/support/billing-accounts?{query}").status == 200
