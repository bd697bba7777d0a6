"""Reseller accounts: by configured values, by invoice owner, or as support has set it (R58)."""

from typing import Any

import pytest

from chalicelib.domain.accounts import Channel
from chalicelib.domain.errors import Changed
from chalicelib.store import account_contacts, accounts, reading
from chalicelib.store.account_contacts import Followed
from chalicelib.store.transaction import commit
from tests.flows.test_callouts import call_out
from tests.world import TICKET, Person, World

_SET = {"ticket_url": TICKET}


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


def channel(world: World, account: str) -> str:
    return str(world.ok("GET", f"/v1/support/billing-accounts/{account}", world.support())["channel"])


def reseller(world: World) -> str:
    return str(world.zuora.do("POST", "/v1/accounts", {"name": "Reseller", "accountNumber": "R-1"})["accountId"])


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Reseller", "reseller"),
        (" DISTRIBUTOR ", "reseller"),
        ("Direct", "direct"),
        ("", "direct"),
        ("resellers", "direct"),
        (["reseller"], "direct"),
    ],
)
def test_the_channel_field_holds_one_of_the_configured_values(
    world: World, olga: Person, said: Any, wanted: str
) -> None:
    """R58."""
    assert channel(world, world.account(olga, SSPChannel__c=said)) == wanted


def test_another_invoice_owner_makes_a_reseller_account(world: World, olga: Person) -> None:
    """R58: one subscription is enough, on any page."""
    reseller(world)
    many: list[dict[str, Any]] = [{} for _ in range(45)]
    assert (
        channel(world, world.account(olga, subscriptions=[*many, {"invoiceOwnerAccountNumber": "R-1"}])) == "reseller"
    )
    other = world.person("other@acme.example")
    assert channel(world, world.account(other, subscriptions=many)) == "direct"


def bought_from_reseller(world: World, account: str) -> str:
    """From now on another account gets the invoices; the Zuora id of the customer's."""
    zuora_id = str(world.ok("GET", f"/v1/support/billing-accounts/{account}", world.support())["zuora_account_id"])
    (subscription,) = [each for each in world.zuora.state.subscriptions.values() if each["accountId"] == zuora_id]
    subscription["invoiceOwnerAccountId"] = reseller(world)
    return zuora_id


def test_a_callout_brings_the_new_channel(world: World, olga: Person) -> None:
    """R58, R54."""
    account = world.account(olga, subscriptions=[{}])
    assert call_out(world, {"account_id": bought_from_reseller(world, account)}).status == 200
    world.pipeline.drain()
    assert channel(world, account) == "reseller"
    assert world.events(account)[-1] == "account_changed_in_zuora"


def test_the_channel_that_support_has_set_is_kept(world: World, olga: Person) -> None:
    """R58: with event, version and history; the next callout does not overwrite it."""
    account = world.account(olga, subscriptions=[{}])
    body = {"channel": "reseller", "ticket_url": TICKET}
    edited = world.ok("PATCH", f"/v1/support/billing-accounts/{account}", world.support(), body)
    assert (edited["channel"], edited["version"]) == ("reseller", 2)
    world.ok("PATCH", f"/v1/support/billing-accounts/{account}", world.support(), {**body, "channel": "direct"})

    call_out(world, {"account_id": bought_from_reseller(world, account)})
    world.pipeline.drain()

    assert channel(world, account) == "direct"
    history = world.ok("GET", f"/v1/support/billing-accounts/{account}/history", world.support())["data"]
    data = [each["data"] for each in history if each["type"] == "account_edited"]
    assert [(each["channel_before"], each["channel_after"]) for each in data] == [
        ("reseller", "direct"),
        ("direct", "reseller"),
    ]


def test_a_channel_set_while_a_callout_is_followed_is_kept(world: World, olga: Person) -> None:
    """R58: the write that follows Zuora is refused, and the next attempt finds what support has set."""
    account = world.account(olga, subscriptions=[{}])
    bought_from_reseller(world, account)
    ours = reading.one(accounts.key(account))
    assert ours is not None
    theirs = Followed(ours.name, ours.account_number, closed=False, channel=Channel.RESELLER, parts={})
    world.ok("PATCH", f"/v1/support/billing-accounts/{account}", world.support(), {**_SET, "channel": "reseller"})
    world.ok("PATCH", f"/v1/support/billing-accounts/{account}", world.support(), {**_SET, "channel": "direct"})

    with pytest.raises(Changed):
        commit(account_contacts.follow_zuora(ours, theirs))

    assert channel(world, account) == "direct"
