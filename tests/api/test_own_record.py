"""A person's own record: names filled from the sign-in, names and language that the person edits (R41)."""

import json
from typing import Any

import pytest

from chalicelib.domain.people import Language
from chalicelib.emails import languages
from tests.api.forged_tokens import claims_of, signed
from tests.integration.interleaving import COMMIT, READ, just_before
from tests.world import TICKET, Person, World

PROOF = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}


@pytest.fixture
def account(world: World) -> str:
    """An account of which Olga is Sold To, Bill To and admin."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    world.id_of(olga)
    return account


def nina(world: World, **claims: Any) -> Person:
    """Nina's sign-in, always the same one, with these claims this time."""
    said = {"sub": "idp|nina", "email": "nina@acme.example", "given_name": ..., "family_name": ..., **claims}
    return Person(str(said["email"]), signed(world.issuer, claims_of(world.issuer, **said)))


def granted(world: World, account: str) -> str:
    """Nina, made a manager by support, with an address and no name; returns her id."""
    body = {"email": "nina@acme.example", "verification": PROOF, "ticket_url": TICKET}
    path = f"/v1/support/billing-accounts/{account}/managers"
    return str(world.ok("POST", path, world.support(), body)["id"])


def history(world: World, customer_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The person's own events, oldest first, as support sees them."""
    events = world.ok("GET", f"/v1/support/customers/{customer_id}/history", world.support())["data"]
    own = [event for event in reversed(events) if event["account_id"] is None]
    return [(event["type"], event["actor"], event["data"]) for event in own]


def names(me: Any) -> tuple[str, str]:
    return me["first_name"], me["last_name"]


def test_a_person_without_a_name_gets_the_one_of_their_first_sign_in(world: World, account: str) -> None:
    """R41, R40: cleaned like typed names; recorded in the history, and found by the search."""
    customer_id = granted(world, account)
    person = nina(world, given_name="  Ni\u202ena ", family_name="N" * 150)
    assert names(world.ok("GET", "/v1/me", person)) == ("Nina", "N" * 100)
    (bound,) = history(world, customer_id)
    assert bound[:2] == ("customer_bound", f"customer:{customer_id}")
    assert bound[2]["fields"] == "first_name, last_name"
    assert (bound[2]["first_name_before"], bound[2]["first_name_after"]) == ("", "Nina")
    world.pipeline.drain()
    found = world.ok("GET", "/v1/support/customers?name=nina", world.support())["data"]
    assert [each["id"] for each in found] == [customer_id]


def test_names_that_come_later_are_filled_once(world: World, account: str) -> None:
    """R41: by any request, each name separately; an existing name is never changed without asking."""
    customer_id = granted(world, account)
    assert names(world.ok("GET", "/v1/me", nina(world))) == ("", "")
    with_first = nina(world, given_name="Nina")
    assert world.call("GET", f"/v1/billing-accounts/{account}", with_first).status == 200
    assert names(world.ok("GET", "/v1/me", nina(world, given_name="Ninette", family_name="Neu"))) == ("Nina", "Neu")
    with world.unchanged():
        assert names(world.ok("GET", "/v1/me", nina(world, given_name="Other", family_name="Name"))) == ("Nina", "Neu")
    told = [(kind, data.get("fields"), data.get("because")) for kind, _, data in history(world, customer_id)]
    assert told == [
        ("customer_bound", None, None),
        ("customer_edited", "first_name", "sign_in"),
        ("customer_edited", "last_name", "sign_in"),
    ]


@pytest.mark.parametrize("names_said", [{}, {"given_name": "", "family_name": " \u200b "}, {"given_name": 7}])
def test_a_sign_in_without_names_costs_nothing(world: World, account: str, names_said: dict[str, Any]) -> None:
    """R41, and the budget of reads: there is nothing to write."""
    granted(world, account)
    world.id_of(nina(world))
    with world.unchanged(), world.calls_to_dynamodb() as calls:
        world.ok("GET", f"/v1/billing-accounts/{account}", nina(world, **names_said))
    assert calls == [READ]


def test_filling_names_does_not_overwrite_a_concurrent_edit(world: World, account: str) -> None:
    """R41, in a race with support, at the binding and later: nothing is lost, and the request is answered."""
    customer_id = granted(world, account)
    path = f"/v1/support/customers/{customer_id}"

    def rival(**change: str) -> None:
        world.ok("PATCH", path, world.support(), {**change, "ticket_url": TICKET})

    with just_before(COMMIT, lambda: rival(first_name="Antonina")):
        me = world.ok("GET", "/v1/me", nina(world, given_name="Nina"))
    assert names(me) == ("Antonina", "")
    with just_before(COMMIT, lambda: rival(last_name="Desk")):
        world.ok("GET", "/v1/me", nina(world, family_name="Token"))
    assert names(world.ok("GET", "/v1/me", nina(world, family_name="Token"))) == ("Antonina", "Desk")


def test_a_person_edits_their_own_names_and_language(world: World, account: str) -> None:
    """R41, R40: an event by the person with before and after; an edit without changes does nothing."""
    olga = world.person("olga@acme.example")
    me = world.ok("PATCH", "/v1/me", olga, {"first_name": " Ol\u202eivia ", "locale": "de"})
    assert (names(me), me["locale"], me["email"]) == (("Olivia", "Owner"), "de", "olga@acme.example")
    assert world.ok("GET", "/v1/me", olga) == me
    kind, actor, data = history(world, me["id"])[-1]
    assert (kind, actor) == ("customer_edited", f"customer:{me['id']}")
    assert data == {
        "customer_id": me["id"], "fields": "first_name, locale", "version": 2,
        "first_name_before": "Olga", "first_name_after": "Olivia", "locale_before": "", "locale_after": "de",
    }  # fmt: skip
    with world.unchanged():
        assert world.ok("PATCH", "/v1/me", olga, {"first_name": "Olivia", "locale": "de"}) == me


@pytest.mark.parametrize(
    "body",
    [
        {}, {"first_name": ""}, {"last_name": " \u200b\n"}, {"first_name": "x" * 101}, {"first_name": 7},
        {"locale": "fr"}, {"locale": "DE"}, {"locale": ""}, {"locale": 1}, {"email": "new@acme.example"},
        {"first_name": None}, {"locale": None}, {"first_name": "Good", "last_name": None},
        {"first_name": "Good", "login_activated": True}, [],
    ],
)  # fmt: skip
def test_an_invalid_name_or_language_is_refused(world: World, account: str, body: object) -> None:
    """R41, R27: and nothing else of the record can be changed this way."""
    olga = world.person("olga@acme.example")
    with world.unchanged():
        refused = world.call("PATCH", "/v1/me", olga, body)
    assert (refused.status, refused.code) == (422, "validation_failed")


def test_a_person_without_a_record_has_nothing_to_edit(world: World, account: str) -> None:
    """R21, R41: accepting an invitation makes one."""
    with world.unchanged():
        refused = world.call("PATCH", "/v1/me", world.person("eve@evil.example"), {"first_name": "Eve"})
    assert (refused.status, refused.code) == (404, "customer_not_found")
    assert "accept an invitation" in refused.json["detail"]


def test_concurrent_edits_by_the_person_and_by_support_are_both_kept(world: World, account: str) -> None:
    """R41, R64, in a race."""
    olga = world.person("olga@acme.example")
    path = f"/v1/support/customers/{world.id_of(olga)}"
    change = {"last_name": "Desk", "ticket_url": TICKET}
    with just_before(COMMIT, lambda: world.ok("PATCH", path, world.support(), change)):
        me = world.ok("PATCH", "/v1/me", olga, {"first_name": "Olivia"})
    assert names(me) == ("Olivia", "Desk")


def test_a_person_who_adds_their_name_can_become_sold_to(world: World, account: str) -> None:
    """R41, R55: and editing one's names changes no contact, here or in Zuora (R50)."""
    customer_id, person = granted(world, account), nina(world)
    olga = world.person("olga@acme.example")
    world.pipeline.drain()
    contacts = world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)
    world.ok("PATCH", "/v1/me", person, {"first_name": "Nina", "last_name": "Neu"})
    world.ok("PATCH", "/v1/me", olga, {"last_name": "Ohm"})
    world.pipeline.drain()
    assert world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga) == contacts
    world.ok("PUT", f"/v1/billing-accounts/{account}/contacts/sold-to", olga, {"manager_id": customer_id})
    world.pipeline.drain()
    sold_to = world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)["sold_to"]
    assert (sold_to["first_name"], sold_to["last_name"]) == ("Nina", "Neu")


def test_mails_come_in_the_language_that_the_person_chose(world: World, account: str) -> None:
    """R41, R35: for that person; everybody without a choice gets the same language as before."""
    olga, carl = world.person("olga@acme.example"), world.person("carl@acme.example")
    carls_id = world.join(olga, account, carl)
    world.ok("PATCH", "/v1/me", carl, {"locale": "de"})
    world.pipeline.drain()
    world.ses.sent.clear()
    world.ok("PATCH", f"/v1/billing-accounts/{account}/managers/{carls_id}", olga, {"role": "viewer"})
    world.join(olga, account, world.person("dave@acme.example"))
    world.pipeline.drain()
    greeted = {who: {mail.text.split()[0] for mail in world.mails_to(who)} for who in (carl.email, olga.email)}
    assert greeted == {carl.email: {"Guten"}, olga.email: {"Hello"}}


def test_every_language_that_can_be_chosen_is_one_that_mails_are_written_in() -> None:
    """R41: and vice versa."""
    assert {each.value for each in Language} == {each.code for each in languages.LANGUAGES.values()}


def test_erasing_deletes_names_and_language(world: World, account: str) -> None:
    """R40: also the values of one's own edits."""
    customer_id, person = granted(world, account), nina(world, given_name="Ninette", family_name="Newcomer")
    world.ok("PATCH", "/v1/me", person, {"first_name": "Nanette", "locale": "de"})
    body = {"confirm_email": "nina@acme.example", "ticket_url": TICKET}
    world.ok("POST", f"/v1/support/customers/{customer_id}/erase", world.support(), body)
    world.pipeline.drain()
    kept = json.dumps({name: it for name, it in world.everything().items() if name != "Deliveries"}, default=str)
    assert [word for word in ("Ninette", "Newcomer", "Nanette", "locale_") if word in kept] == []
    assert world.ok("GET", f"/v1/support/customers/{customer_id}", world.support())["first_name"] == ""
