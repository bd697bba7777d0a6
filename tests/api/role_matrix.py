"""Everybody in the authorisation matrix, in one deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.integration.store_fixtures import meanwhile
from tests.world import TICKET, Person, World, fresh_world

_A_WHILE_AGO = "2026-01-01T00:00:00.000000+0000"


@dataclass(frozen=True, slots=True)
class RoleMatrix:
    """Two accounts and the people around them; ``people`` has everybody by the names of the matrix's columns.

    On ``account`` Olga is Sold To and admin, the admin, the manager and the viewer of the matrix are others,
    and so is the manager with ``manager_id`` to whom things are done. The pending invitation with
    ``invitation_id`` and ``token`` is for the invitee, and its mail went out a while ago; ``expired_token`` is
    of one that nobody accepted in time. ``other_account`` is the other customer's, ``zuora_id`` an account that
    is not imported yet.
    """

    world: World
    people: dict[str, Person | None]
    account: str
    manager_id: str
    invitation_id: str
    token: str
    expired_token: str
    other_account: str
    zuora_id: str
    sign_in_token: str = ""

    @property
    def contact_id(self) -> str:
        """The Zuora contact that is Sold To and Bill To of ``account``."""
        (item,) = [each for each in self.world.items("Accounts") if each["key"]["S"] == self.account]
        return str(item["sold_to_contact_id"]["S"])

    @property
    def new_contact_id(self) -> str:
        """A contact that only Zuora knows, of the account with ``zuora_id``."""
        return str(self.world.zuora.do("GET", f"/v1/accounts/{self.zuora_id}")["soldToContact"]["id"])

    @property
    def transfer_id(self) -> str:
        """A transfer of ``account`` that was cancelled."""
        keys = [each["key"]["S"] for each in self.world.items("Transfers")]
        return next((key for key in keys if key.startswith("tra_")), "tra_none")

    def who(self, name: str) -> Person | None:
        """Somebody by name; None for who sends no token."""
        return self.people[name]

    def person(self, name: str) -> Person:
        """Somebody who has signed in."""
        person = self.people[name]
        assert person is not None
        return person


@contextmanager
def set_stage(issuer: Issuer, zuora: FakeZuora) -> Iterator[RoleMatrix]:
    """A deployment of its own with all these people; everybody who signs in has done so before."""
    with pytest.MonkeyPatch.context() as patch, fresh_world(issuer, zuora, patch) as world:
        yield _staged(world)


def _staged(world: World) -> RoleMatrix:
    olga, otto = world.person("olga@acme.example"), world.person("otto@beta.example")
    account, other_account = world.account(olga), world.account(otto)
    names = {"admin": "anna", "manager": "carl", "viewer": "vera", "removed": "rita"}
    people: dict[str, Person | None] = {role: world.person(f"{name}@acme.example") for role, name in names.items()}
    ids = {
        role: world.add(olga, account, who, role="manager" if role == "removed" else role)
        for role, who in people.items()
        if who is not None
    }
    world.ok("DELETE", f"/v1/billing-accounts/{account}/managers/{ids['removed']}", olga)
    manager_id = world.add(olga, account, world.person("sam@acme.example"))
    invitee = world.person("ivan@acme.example")
    world.pipeline.lose_stream()
    late = world.invite(olga, account, "late@acme.example")
    expired_token = world.link_token("late@acme.example")
    invitation = world.invite(olga, account, invitee.email)
    token = world.link_token(invitee.email)
    _set(account, str(late["id"]), expires_at=_A_WHILE_AGO)
    _set(account, str(invitation["id"]), last_sent_at=_A_WHILE_AGO)
    people |= {
        "anonymous": None,
        "expired": world.person("anna@acme.example", expires_in=-3600),
        "audience": world.person("anna@acme.example", audience="another-service"),
        "stranger": world.person("stan@elsewhere.example"),
        "other": otto,
        "invitee": invitee,
        "reader": world.support("rob@support.example", group="billing-support-readonly"),
        "support": world.support(),
    }
    for who in (olga, otto, people["stranger"], invitee):
        world.ok("GET", "/v1/me", who)
    _cancelled_transfer(world, account, manager_id)
    _cool_down(account, str(invitation["id"]))
    return RoleMatrix(
        world=world,
        people=people,
        account=account,
        manager_id=manager_id,
        invitation_id=str(invitation["id"]),
        token=token,
        expired_token=expired_token,
        other_account=other_account,
        zuora_id=world.zuora_account("nina@new.example"),
        sign_in_token=_sign_in_token(world, manager_id),
    )


def _set(account: str, invitation_id: str, **attributes: str) -> None:
    meanwhile("Invitations", {"account_id": account, "invitation_id": invitation_id}, **attributes)


def _cancelled_transfer(world: World, account: str, manager_id: str) -> None:
    path, sue = f"/v1/support/billing-accounts/{account}", world.support()
    proof = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}
    body = {"from": manager_id, "to": {"email": "new@acme.example"}, "verification": proof, "ticket_url": TICKET}
    transfer = world.ok("POST", f"{path}/transfer", sue, body)
    world.ok("POST", f"{path}/transfers/{transfer['id']}/cancel", sue, {"ticket_url": TICKET})


def _cool_down(account: str, invitation_id: str) -> None:
    """The invitation's mail went out long enough ago to be resent."""
    boto3.resource("dynamodb").Table("Invitations").update_item(
        Key={"account_id": account, "invitation_id": invitation_id},
        UpdateExpression="SET last_sent_at = :then",
        ExpressionAttributeValues={":then": "2026-01-01T00:00:00.000000+0000"},
    )


def _sign_in_token(world: World, customer_id: str) -> str:
    path = f"/v1/support/customers/{customer_id}/sign-in-link"
    return str(world.ok("POST", path, world.support(), {"ticket_url": TICKET})["url"]).partition("#")[2]
