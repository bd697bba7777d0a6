"""One membership by default, any number by setting: the same life with both (R5)."""

import pytest

from tests.api.invitations.conftest import Set
from tests.api.team import Team, somebody
from tests.gateway import Response
from tests.world import Person, World

LIMITS = ["1", "2", "unlimited"]
WAYS = ["mail", "link", "inbox"]


def _join(world: World, owner: Person, account: str, new: Person, way: str) -> Response:
    """The newcomer joins that account in that way."""
    path = f"/v1/billing-accounts/{account}/invitations"
    if way == "link":
        made = world.ok("POST", path, owner, {"kind": "link"})
        token = made["accept_url"].partition("#")[2]
        return world.call("POST", "/v1/invitations/accept", new, {"token": token})
    made = world.ok("POST", path, owner, {"email": new.email})
    if way == "inbox":
        return world.call("POST", f"/v1/me/invitations/{made['id']}/accept", new)
    return world.call("POST", "/v1/invitations/accept", new, {"token": world.link_token(new.email)})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_person_joins_as_many_accounts_as_the_setting_allows(
    world: World, team: Team, with_settings: Set, limit: str, way: str
) -> None:
    """R5: by mail, by link and from the inbox; the list has them all, and the refusal names the limit."""
    with_settings(MEMBERSHIPS_PER_CUSTOMER=limit)
    new = somebody(world, "new")
    owners = [team.olga, *(world.person(f"owner{number}@beta.example") for number in range(2))]
    accounts = [team.account, *(world.account(owner) for owner in owners[1:])]
    most = 3 if limit == "unlimited" else int(limit)
    for number, (owner, account) in enumerate(zip(owners, accounts, strict=True)):
        answer = _join(world, owner, account, new, way)
        if number < most:
            assert answer.status == 201
        else:
            assert (answer.status, answer.code) == (409, "membership_limit_reached")
            assert (answer.json["limit"], "Leave one" in answer.json["detail"]) == (most, True)
    listed = world.ok("GET", "/v1/billing-accounts", new)["data"]
    assert {each["id"] for each in listed} == set(accounts[:most])
    assert world.ok("GET", "/v1/me", new)["counts"]["billing_accounts"] == most


@pytest.mark.parametrize("limit", ["1", "unlimited"])
def test_being_invited_answers_the_same_with_and_without_another_account(
    world: World, team: Team, with_settings: Set, limit: str
) -> None:
    """R5, R13, S5: only the invitee sees the limit, when they accept."""
    with_settings(MEMBERSHIPS_PER_CUSTOMER=limit)
    otto = world.person("otto@beta.example")
    world.account(otto)
    world.id_of(otto)
    known, unknown = (world.invite(team.olga, team.account, each) for each in (otto.email, "nobody@beta.example"))
    assert set(known) == set(unknown)
    assert {name for name in known if known[name] != unknown[name]} <= {
        "id", "email", "created_at", "expires_at", "last_sent_at", "delivery",
    }  # fmt: skip


def test_leaving_makes_room_for_the_next_one(world: World, team: Team) -> None:
    """R5, R33: with one membership, a person moves from one account to the other with the same invitation."""
    new = somebody(world, "new")
    second = world.account(world.person("owner@beta.example"))
    world.add(team.olga, team.account, new)
    made = world.invite(world.person("owner@beta.example"), second, new.email)
    path = f"/v1/me/invitations/{made['id']}/accept"
    assert world.call("POST", path, new).code == "membership_limit_reached"
    world.ok("POST", f"{team.path}/leave", new)
    assert world.call("POST", path, new).status == 201
    assert [each["id"] for each in world.ok("GET", "/v1/billing-accounts", new)["data"]] == [second]


def test_a_lower_limit_removes_no_memberships(world: World, team: Team, with_settings: Set) -> None:
    """R5: people above the new limit keep what they have and get no more."""
    with_settings(MEMBERSHIPS_PER_CUSTOMER="unlimited")
    owner = world.person("owner@beta.example")
    accounts = [world.account(owner) for _ in range(2)]
    with_settings(MEMBERSHIPS_PER_CUSTOMER=1)
    assert {each["id"] for each in world.ok("GET", "/v1/billing-accounts", owner)["data"]} == set(accounts)
    assert _join(world, team.olga, team.account, owner, "mail").code == "membership_limit_reached"
