"""A customer is bound to a sign-in at the first one with a verified address; after that the subject decides (R2)."""

from typing import Any

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.forged_tokens import claims_of, signed
from tests.world import Person, World, fresh_world

NOT_VERIFIED: dict[str, Any] = {
    "false": False, "a text": "true", "a number": 1, "a capital": "True", "null": None, "a list": [True],
    "left out": ..., "an object": {"verified": True},
}  # fmt: skip


def _forged(world: World, email: str, **claims: Any) -> Person:
    return Person(email, signed(world.issuer, claims_of(world.issuer, email=email, **claims)))


def test_the_first_sign_in_binds_and_later_ones_change_nothing(world: World) -> None:
    """R2, R40: with an event in the customer's own history; the account is there at once."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    assert [each["id"] for each in world.ok("GET", "/v1/billing-accounts", olga)["data"]] == [account]
    bound = [each for each in world.pipeline.history() if each["type"]["S"] == "customer_bound"]
    customer = f"customer:{world.id_of(olga)}"
    assert [(each["actor"]["S"], each["subject"]["S"]) for each in bound] == [(customer, customer)]
    with world.unchanged():
        world.ok("GET", f"/v1/billing-accounts/{account}", olga)
        world.ok("GET", "/v1/me", world.person("olga@acme.example"))


@pytest.mark.parametrize("kind", NOT_VERIFIED)
def test_only_an_address_that_is_really_verified_binds(world: World, kind: str) -> None:
    """R2, S2: ``email_verified`` must be a real ``true``; otherwise the person stays a stranger."""
    account = world.account(world.person("olga@acme.example"))
    someone = _forged(world, "olga@acme.example", email_verified=NOT_VERIFIED[kind])
    with world.unchanged():
        me = world.ok("GET", "/v1/me", someone)
        assert (me["id"], me["email_verified"], me["counts"]["billing_accounts"]) == (None, False, 0)
        assert world.call("GET", f"/v1/billing-accounts/{account}", someone).code == "account_not_found"
        assert world.call("GET", "/v1/me/invitations", someone).code == "email_not_verified"
    assert world.ok("GET", "/v1/me", _forged(world, "olga@acme.example"))["id"]


@pytest.mark.parametrize("kind", NOT_VERIFIED)
def test_addresses_of_an_issuer_without_the_claim_are_trusted_where_configured(
    issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """R2: a missing claim then counts as verified; a claim that is there is read as usual."""
    with fresh_world(issuer, zuora_server, monkeypatch, TRUST_EMAILS_OF_ISSUER="yes") as world:
        world.account(world.person("olga@acme.example"))
        me = world.ok("GET", "/v1/me", _forged(world, "olga@acme.example", email_verified=NOT_VERIFIED[kind]))
        assert (me["id"] is not None, me["email_verified"]) == ((True, True) if kind == "left out" else (False, False))


@pytest.mark.parametrize("email", ["new@acme.example", "carl@acme.example", "no address", None, 7])
def test_after_that_the_subject_decides_and_not_the_address(world: World, email: object) -> None:
    """R2: a new, odd or missing address at the provider does not change who the person is here."""
    account = world.account(world.person("olga@acme.example"))
    first = _forged(world, "olga@acme.example", sub="idp|olga")
    customer_id = world.id_of(first)
    renamed = Person("", signed(world.issuer, claims_of(world.issuer, sub="idp|olga", email=email)))
    unverified = _forged(world, "x@acme.example", sub="idp|olga", email_verified=False)
    with world.unchanged():
        for who in (renamed, unverified):
            me = world.ok("GET", "/v1/me", who)
            assert (me["id"], me["email"]) == (customer_id, "olga@acme.example")
            assert world.call("GET", f"/v1/billing-accounts/{account}", who).status == 200


@pytest.mark.parametrize("look_alike", ["\u212aim@acme.example", "k\u0131m@acme.example", "kim\uff20acme.example"])
def test_an_address_that_only_looks_alike_binds_nobody_else(world: World, look_alike: str) -> None:
    """R2, S26: a provider may have verified the Kelvin sign, which Unicode takes for a K; it is another mailbox."""
    world.account(world.person("kim@acme.example"))
    with world.unchanged():
        me = world.ok("GET", "/v1/me", _forged(world, look_alike))
        assert (me["id"], me["email"]) == (None, None)
    assert world.ok("GET", "/v1/me", _forged(world, "Kim@acme.example"))["id"]


def test_a_single_group_may_come_as_a_text(world: World) -> None:
    """R60: some providers send one group that way; it is that group, not a part of it."""
    whole = world.person("sue@support.example", groups="billing-support")
    part = world.person("sam@support.example", groups="billing-supporters")
    assert world.call("GET", "/v1/support/customers?email=a@acme.example", whole).status == 200
    assert world.call("GET", "/v1/support/customers?email=a@acme.example", part).code == "forbidden"


def test_a_token_with_many_groups_is_read(world: World) -> None:
    """Up to the largest that the gateway lets through."""
    many = world.person("olga@acme.example", groups=[f"a-group-with-a-longer-name-{n:012}" for n in range(150)])
    assert 8192 < len(many.token) < 10_240
    assert world.call("GET", "/v1/me", many).status == 200
