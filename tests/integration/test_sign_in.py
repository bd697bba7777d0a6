"""Who a sign-in belongs to: bound once, looked up again when a hint is stale, and never decided from the cache."""

import boto3
import pytest

from chalicelib.store import identities
from tests.integration.interleaving import READ, just_before
from tests.integration.store_fixtures import gone, meanwhile
from tests.invariants import violations
from tests.world import World


class Signed:
    """Olga, who has signed in before in this process, and her account."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.olga = world.person("olga@acme.example", sub="olga")
        self.account = world.account(self.olga)
        self.id = world.id_of(self.olga)
        item = boto3.resource("dynamodb").Table("Customers").get_item(Key={"key": self.id})
        self.identity = str(item["Item"]["identity"])

    def unlink(self) -> None:
        """What unlinking a sign-in does to the tables (R2)."""
        meanwhile("Customers", {"key": self.id}, identity=None)
        gone("Customers", {"key": f"identity#{self.identity}"})

    def link(self, identity: str) -> None:
        """The customer is somebody else's by now."""
        self.unlink()
        meanwhile("Customers", {"key": self.id}, identity=identity)
        meanwhile("Customers", {"key": f"identity#{identity}"}, customer_id=self.id)

    def view(self) -> tuple[int, str | None]:
        response = self.world.call("GET", f"/v1/billing-accounts/{self.account}", self.olga)
        return response.status, response.code


@pytest.fixture
def signed(world: World) -> Signed:
    return Signed(world)


def test_the_first_sign_in_binds_and_is_recorded(signed: Signed) -> None:
    """R2, I5: one event, and the hint saves a read from then on."""
    assert identities.remembered(signed.identity) == signed.id
    assert [it["type"]["S"] for it in signed.world.pipeline.history()] == ["account_imported", "customer_bound"]
    assert violations(signed.world) == []


def test_a_warm_function_reads_once_and_a_cold_one_twice(signed: Signed) -> None:
    """Nothing is decided from the cache: the customer is read every time."""
    with signed.world.calls_to_dynamodb() as warm:
        assert signed.view() == (200, None)
    identities.forget_all()
    with signed.world.calls_to_dynamodb() as cold:
        assert signed.view() == (200, None)
    assert (warm, cold) == ([READ], [READ, READ])


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_a_login_that_was_switched_off_is_off_at_once(signed: Signed, *, warm: bool) -> None:
    """R3."""
    if not warm:
        identities.forget_all()
    meanwhile("Customers", {"key": signed.id}, login_activated=False)
    assert signed.view() == (403, "login_deactivated")


def test_only_an_unbound_customer_with_an_active_login_is_bound(signed: Signed) -> None:
    """R2, R3: a first sign-in opens nothing that was switched off."""
    signed.unlink()
    meanwhile("Customers", {"key": signed.id}, login_activated=False)
    assert signed.view() == (403, "login_deactivated")
    item = boto3.resource("dynamodb").Table("Customers").get_item(Key={"key": signed.id})["Item"]
    assert "identity" not in item


def test_a_stale_hint_to_another_customer_is_dropped(signed: Signed) -> None:
    """I8: a cached hint is never a right."""
    paul = signed.world.person("paul@paul.example")
    signed.world.account(paul, name="Paul Ltd")
    identities.remember(signed.identity, signed.world.id_of(paul))
    assert signed.view() == (200, None)
    assert identities.remembered(signed.identity) == signed.id


def test_a_stale_hint_to_nobody_is_dropped(signed: Signed) -> None:
    identities.remember(signed.identity, "cus_none")
    assert signed.view() == (200, None)
    assert identities.remembered(signed.identity) == signed.id


def test_a_stale_hint_does_no_harm_to_a_list(signed: Signed) -> None:
    """I8: the list is read by the hint, so it is read again."""
    paul = signed.world.person("paul@paul.example")
    theirs = signed.world.account(paul, name="Paul Ltd")
    identities.remember(signed.identity, signed.world.id_of(paul))
    listed = signed.world.ok("GET", "/v1/billing-accounts", signed.olga)["data"]
    assert [each["id"] for each in listed] == [signed.account]
    assert theirs != signed.account


def test_an_unlinked_customer_is_bound_again_by_the_verified_address(signed: Signed) -> None:
    """R2: support unlinks, the next sign-in with the address is the customer again."""
    signed.unlink()
    other = signed.world.person("olga@acme.example", sub="olga-at-another-provider")
    assert signed.world.id_of(other) == signed.id
    assert signed.view() == (403, "forbidden")


def test_an_unverified_address_binds_nothing(signed: Signed) -> None:
    """R2, S2, S3: not even to a customer without a sign-in."""
    signed.unlink()
    eve = signed.world.person("olga@acme.example", sub="eve", email_verified=False)
    assert signed.world.ok("GET", "/v1/me", eve)["id"] is None
    assert signed.world.call("GET", f"/v1/billing-accounts/{signed.account}", eve).code == "account_not_found"


def test_a_person_unlinked_while_signing_in_does_not_get_in(signed: Signed) -> None:
    """R2, I8: between reading the sign-in and the customer, somebody else was bound."""
    identities.forget_all()
    with just_before(READ, lambda: signed.link("identity-of-somebody-else"), nth=2):
        assert signed.view() == (403, "forbidden")
    assert identities.remembered(signed.identity) is None


def test_a_customer_deleted_while_signing_in_is_unknown(signed: Signed) -> None:
    identities.forget_all()
    with just_before(READ, lambda: gone("Customers", {"key": signed.id}), nth=2):
        assert signed.view() == (404, "account_not_found")
