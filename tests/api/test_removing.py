"""Removing managers and leaving: who may, what ends with it, and the contacts who must stay (R22, R30, R32, R33)."""

import pytest

from tests.api.team import Team, new_team, somebody
from tests.gateway import Response
from tests.world import Person, World


def _remove(world: World, team: Team, whom: Person, by: Person) -> Response:
    return world.call("DELETE", f"{team.path}/managers/{world.id_of(whom)}", by)


def test_any_manager_removes_any_other_and_access_ends_at_once(world: World, team: Team) -> None:
    """R30: an admin too; to the removed person's next request the account does not exist."""
    anna = somebody(world, "anna")
    world.join(team.olga, team.account, anna, role="admin")
    assert world.call("GET", team.path, anna).status == 200
    removed = _remove(world, team, anna, team.carl)
    assert (removed.status, removed.text) == (204, "")
    with world.unchanged():
        for path in ("", "/permissions", "/managers", "/invitations", "/history"):
            assert world.call("GET", f"{team.path}{path}", anna).code == "account_not_found"
        assert world.call("POST", f"{team.path}/invitations", anna, {"email": "x@x.example"}).status == 404
    assert world.ok("GET", "/v1/billing-accounts", anna)["data"] == []
    assert world.events(team.account)[-1] == "manager_removed"


def test_removing_twice_finds_nobody_the_second_time(world: World, team: Team) -> None:
    """R30: 404 for a former manager, for somebody who never was one, and nothing happens."""
    vera_id = world.id_of(team.vera)
    assert _remove(world, team, team.vera, team.olga).status == 204
    otto = world.person("otto@beta.example")
    world.account(otto)
    otto_id = world.id_of(otto)
    with world.unchanged():
        for gone in (vera_id, otto_id, "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV"):
            answer = world.call("DELETE", f"{team.path}/managers/{gone}", team.olga)
            assert (answer.status, answer.code) == (404, "manager_not_found")


def test_leaving_is_removing_oneself(world: World, team: Team) -> None:
    """R33: by either route, for a viewer too, with an event that says that they left."""
    for who, by_delete in ((team.carl, True), (team.vera, False)):
        customer = f"customer:{world.id_of(who)}"
        gone = _remove(world, team, who, who) if by_delete else world.call("POST", f"{team.path}/leave", who)
        assert (gone.status, gone.text) == (204, "")
        newest = world.ok("GET", f"{team.path}/history?limit=1", team.olga)["data"][0]
        assert (newest["type"], newest["actor"]) == ("manager_left", customer)
        assert world.call("POST", f"{team.path}/leave", who).code == "account_not_found"


def test_a_person_who_left_can_be_invited_and_can_manage_elsewhere(world: World, team: Team) -> None:
    """R5, R11: their place in the limit of memberships is free."""
    world.ok("POST", f"{team.path}/leave", team.carl)
    otto = world.person("otto@beta.example")
    world.join(otto, world.account(otto), team.carl)
    assert world.ok("GET", "/v1/me", team.carl)["counts"]["billing_accounts"] == 1


@pytest.mark.parametrize("leaves", [False, True])
def test_the_pending_invitations_of_a_removed_manager_end_with_it(world: World, team: Team, *, leaves: bool) -> None:
    """R22: each with an event; links stop working, seats and addresses are free, those of others stay."""
    mine = [world.invite(team.carl, team.account, f"p{number}@acme.example") for number in range(3)]
    others = world.invite(team.olga, team.account, "olgas@acme.example")
    ended = world.invite(team.carl, team.account, "ended@acme.example")
    world.ok("POST", f"{team.path}/invitations/{ended['id']}/revoke", team.carl)
    tokens = [world.link_token(each["email"]) for each in mine]
    actor = f"customer:{world.id_of(team.carl if leaves else team.olga)}"
    gone = world.call("POST", f"{team.path}/leave", team.carl) if leaves else _remove(world, team, team.carl, team.olga)
    assert gone.status == 204
    for token in tokens:
        answer = world.call("POST", "/v1/invitations/preview", None, {"token": token})
        assert (answer.status, answer.code) == (410, "invitation_revoked")
    newest = world.ok("GET", f"{team.path}/history?limit=4", team.olga)["data"]
    assert [each["type"] for each in newest] == ["invitation_revoked"] * 3 + [
        "manager_left" if leaves else "manager_removed"
    ]
    assert {each["actor"] for each in newest} == {actor}
    assert {each["subject"] for each in newest[:3]} == {f"invitation:{each['id']}" for each in mine}
    assert {each["data"]["because"] for each in newest[:3]} == {"inviter_removed"}
    pending = world.ok("GET", f"{team.path}/invitations", team.olga)["data"]
    assert [each["id"] for each in pending] == [others["id"]]
    limits = world.ok("GET", team.path, team.olga)["limits"]
    assert (limits["managers"]["used"], limits["pending_invitations"]["used"]) == (2, 1)
    assert world.invite(team.olga, team.account, mine[0]["email"])["status"] == "pending"


def test_a_manager_with_fifteen_pending_invitations_can_go(world: World, team: Team) -> None:
    """R8, R22: as many as there can be, in one transaction."""
    for number in range(15):
        world.invite(team.carl, team.account, f"p{number}@acme.example")
    assert _remove(world, team, team.carl, team.olga).status == 204
    assert world.events(team.account).count("invitation_revoked") == 15
    assert world.ok("GET", team.path, team.olga)["limits"]["pending_invitations"]["used"] == 0


def test_the_sold_to_contact_stays_until_another_is_chosen(world: World, team: Team) -> None:
    """R32, S24: neither removed nor leaving; the refusal says what to do."""
    anna = somebody(world, "anna")
    world.join(team.olga, team.account, anna, role="admin")
    with world.unchanged():
        for answer in (
            _remove(world, team, team.olga, team.carl),
            _remove(world, team, team.olga, anna),
            _remove(world, team, team.olga, team.olga),
            world.call("POST", f"{team.path}/leave", team.olga),
        ):
            assert (answer.status, answer.code) == (409, "is_sold_to_contact")
            assert "another Sold To" in answer.json["detail"]
    shown = {each["email"]: each for each in world.ok("GET", f"{team.path}/managers", team.carl)["data"]}
    assert (shown[team.olga.email]["is_sold_to"], shown[team.olga.email]["is_bill_to"]) == (True, True)
    assert (shown[anna.email]["is_sold_to"], shown[anna.email]["is_bill_to"]) == (False, False)


def test_the_bill_to_contact_stays_until_another_is_chosen(world: World) -> None:
    """R4, R32: also when it is not the Sold To, or is spelled differently in Zuora."""
    team = new_team(world, bill_to="Carl@ACME.example")
    with world.unchanged():
        for answer in (
            _remove(world, team, team.carl, team.olga),
            world.call("POST", f"{team.path}/leave", team.carl),
        ):
            assert (answer.status, answer.code) == (409, "is_bill_to_contact")
            assert "another Bill To" in answer.json["detail"]
    shown = {each["email"]: each for each in world.ok("GET", f"{team.path}/managers", team.carl)["data"]}
    assert (shown[team.carl.email]["is_sold_to"], shown[team.carl.email]["is_bill_to"]) == (False, True)
    assert _remove(world, team, team.vera, team.carl).status == 204


def test_removing_a_membership_touches_no_contact(world: World, team: Team) -> None:
    """R50: neither our copies nor anything in Zuora."""
    contacts, requests = world.items("Contacts"), len(world.zuora.requests)
    assert contacts
    _remove(world, team, team.carl, team.olga)
    world.ok("POST", f"{team.path}/leave", team.vera)
    world.pipeline.drain()
    assert world.items("Contacts") == contacts
    assert len(world.zuora.requests) == requests
