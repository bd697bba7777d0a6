"""The login switch of the support desk: off at once with its consequences, on again only deliberately (R3)."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.api.invitations.conftest import Set
from tests.api.team import Team, somebody
from tests.gateway import Response
from tests.world import TICKET, Person, World

NEW = "new@acme.example"


def _switch(world: World, whom: str, *, on: bool, who: Person | None = None, **more: Any) -> Response:
    body = {"login_activated": on, "ticket_url": TICKET, **more}
    return world.call("PATCH", f"/v1/support/customers/{whom}", who or world.support(), body)


def _statuses(world: World, team: Team, invitations: Sequence[Any]) -> list[str]:
    return [world.ok("GET", f"{team.path}/invitations/{each['id']}", team.olga)["status"] for each in invitations]


def test_switching_off_blocks_the_person_and_ends_what_they_sent(world: World, team: Team) -> None:
    """R3, R22: in one transaction, with an event for each; invitations by others stay."""
    sent = [world.invite(team.carl, team.account, f"p{number}@acme.example") for number in range(3)]
    sent.append(world.ok("POST", f"{team.path}/invitations", team.carl, {"kind": "link"}))
    others = world.invite(team.olga, team.account, NEW)
    token = world.link_token("p0@acme.example")
    carls_id = world.id_of(team.carl)
    answer = _switch(world, carls_id, on=False)
    assert (answer.status, answer.json["login_activated"]) == (200, False)
    assert world.call("GET", "/v1/me", team.carl).code == "login_deactivated"
    assert _statuses(world, team, [*sent, others]) == ["revoked"] * 4 + ["pending"]
    limits = world.ok("GET", team.path, team.olga)["limits"]
    assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (3, 1)
    entries = world.ok("GET", f"{team.path}/history?type=invitation_revoked", team.olga)["data"]
    assert {each["subject"] for each in entries} == {f"invitation:{each['id']}" for each in sent}
    assert {(each["actor"], each["data"]["because"]) for each in entries} == {("Support", "inviter_deactivated")}
    used = world.call("POST", "/v1/invitations/accept", somebody(world, "p0"), {"token": token})
    assert (used.status, used.code) == (410, "invitation_revoked")
    assert world.invite(team.olga, team.account, "p0@acme.example")["status"] == "pending"


def test_the_person_is_told_and_so_are_those_whom_they_invited(world: World, team: Team) -> None:
    """R35: when the login goes off and on; no other manager is told."""
    carls_id = world.id_of(team.carl)
    world.invite(team.carl, team.account, NEW)
    world.pipeline.drain()
    world.ses.sent.clear()
    _switch(world, carls_id, on=False)
    world.pipeline.drain()
    told = sorted((mail.to, mail.tags["audience"]) for mail in world.ses.sent)
    assert told == [(team.carl.email, "person"), (NEW, "invitee")]
    world.ses.sent.clear()
    _switch(world, carls_id, on=True, confirm_reactivation=True)
    world.pipeline.drain()
    assert [(mail.to, mail.tags["audience"]) for mail in world.ses.sent] == [(team.carl.email, "person")]


def test_a_deliberate_deactivation_is_not_undone_by_accident(world: World, team: Team) -> None:
    """R3: the refusal says who did it and when; confirmed, it is undone, and revoked invitations stay revoked."""
    made = world.invite(team.carl, team.account, NEW)
    carls_id = world.id_of(team.carl)
    _switch(world, carls_id, on=False)
    with world.unchanged():
        for more in ({}, {"confirm_reactivation": False}):
            refused = _switch(world, carls_id, on=True, who=world.support("tim@support.example"), **more)
            assert (refused.status, refused.code) == (409, "deliberately_deactivated")
            assert refused.json["deactivated_by"] == "admin:sue@support.example"
            assert refused.json["deactivated_at"].endswith("Z")
    assert _switch(world, carls_id, on=True, confirm_reactivation=True).json["login_activated"] is True
    assert world.ok("GET", team.path, team.carl)["my_role"] == "manager"
    assert _statuses(world, team, [made]) == ["revoked"]


def test_switching_a_login_to_its_present_state_changes_nothing(world: World, team: Team) -> None:
    """R3: off twice, and on when it is on: no event and no mail."""
    carls_id = world.id_of(team.carl)
    with world.unchanged():
        assert _switch(world, carls_id, on=True).json["login_activated"] is True
    first = _switch(world, carls_id, on=False).json
    with world.unchanged():
        assert _switch(world, carls_id, on=False).json == first


def test_only_support_switches_with_a_ticket_and_not_their_own(world: World, team: Team) -> None:
    """R60, S25: not readers, managers or the person themselves; an unknown customer is not found."""
    carls_id = world.id_of(team.carl)
    carl_of_support = world.person(team.carl.email, groups=["billing-support"])
    with world.unchanged():
        for who in (team.olga, team.carl, world.support(group="billing-support-readonly")):
            assert _switch(world, carls_id, on=False, who=who).code == "forbidden"
        own = _switch(world, carls_id, on=False, who=carl_of_support)
        assert (own.status, own.code) == (403, "own_record")
        assert _switch(world, "cus_unknown", on=False).code == "customer_not_found"
        for ticket in ("", "http://tickets.example/1", "4711", None):
            assert _switch(world, carls_id, on=False, ticket_url=ticket).status == 422


def test_a_login_with_many_accounts_is_switched_off_on_all_of_them(
    world: World, team: Team, with_settings: Set
) -> None:
    """R3, R5, R22: a person with any number of memberships."""
    with_settings(MEMBERSHIPS_PER_CUSTOMER="unlimited")
    otto = world.person("otto@beta.example")
    accounts = [world.account(otto) for _ in range(3)]
    world.add(team.olga, team.account, otto)
    made = [(each, world.invite(otto, each, NEW)) for each in (*accounts, team.account)]
    _switch(world, world.id_of(otto), on=False, allow_last=True, reason="Has left the company.")
    assert _statuses(world, team, [made[-1][1]]) == ["revoked"]
    for account, invitation in made:
        assert world.events(account).count("invitation_revoked") == 1, invitation["id"]
    assert world.ok("GET", "/v1/me/invitations", somebody(world, "new"))["data"] == []


@pytest.mark.parametrize("how", ["removed", "left"])
def test_removal_ends_sent_invitations_like_switching_a_login_off(world: World, team: Team, how: str) -> None:
    """R22: link invitations too, in the same transaction as the removal."""
    sent = [world.invite(team.carl, team.account, NEW)]
    sent.append(world.ok("POST", f"{team.path}/invitations", team.carl, {"kind": "link"}))
    if how == "left":
        world.ok("POST", f"{team.path}/leave", team.carl)
    else:
        world.ok("DELETE", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga)
    assert _statuses(world, team, sent) == ["revoked"] * 2
    assert world.events(team.account).count("invitation_revoked") == 2
    limits = world.ok("GET", team.path, team.olga)["limits"]
    assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (2, 0)
