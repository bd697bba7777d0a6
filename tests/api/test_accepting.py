"""Accepting: the right person, once, with everything that follows (R15, R16, R21)."""

import pytest

from tests.api.team import Team, somebody
from tests.world import Person, World

ACCEPT = "/v1/invitations/accept"


def _invited(world: World, team: Team, new: Person, **more: object) -> str:
    """The token of an invitation for that person."""
    world.invite(team.olga, team.account, new.email, **more)
    return world.link_token(new.email)


def _noted(world: World, team: Team) -> tuple[str, str | None]:
    """The status of the only pending invitation, and the last failed attempt to accept it."""
    (seen,) = world.ok("GET", f"{team.path}/invitations", team.carl)["data"]
    return seen["status"], (seen["last_accept_error"] or {}).get("code")


def test_accepting_makes_a_manager_and_a_customer_in_one_go(world: World, team: Team) -> None:
    """R15, R21, I1: one read, one transaction, one event; the customer gets the name from the sign-in."""
    new = world.person("new@acme.example", given_name="Nina", family_name="New")
    token = _invited(world, team, new, role="viewer")
    assert world.ok("GET", "/v1/me", new)["id"] is None
    with world.calls_to_dynamodb() as calls:
        answer = world.call("POST", ACCEPT, new, {"token": token})
    assert answer.status == 201
    assert calls == ["BatchGetItem", "TransactWriteItems"]
    membership = answer.json
    me = world.ok("GET", "/v1/me", new)
    assert membership == {
        "account_id": team.account,
        "account_name": "Acme Ltd",
        "customer_id": me["id"],
        "role": "viewer",
        "created_at": membership["created_at"],
    }
    assert (me["first_name"], me["last_name"], me["counts"]["billing_accounts"]) == ("Nina", "New", 1)
    assert world.events(team.account)[-1] == "invitation_accepted"
    listed = world.ok("GET", f"{team.path}/managers", team.carl)["data"][-1]
    assert (listed["id"], listed["email"], listed["role"]) == (me["id"], new.email, "viewer")
    assert listed["added_by"] == f"customer:{world.id_of(team.olga)}"


def test_accepting_twice_answers_the_same_membership(world: World, team: Team) -> None:
    """R16, S8: 200 and no second event for the same person, 410 for anybody else."""
    new, other = world.person("new@acme.example"), world.person("other@acme.example")
    token = _invited(world, team, new)
    first = world.call("POST", ACCEPT, new, {"token": token})
    with world.unchanged():
        again = world.call("POST", ACCEPT, new, {"token": token})
        assert (first.status, again.status, again.json) == (201, 200, first.json)
        for who in (other, team.carl):
            answer = world.call("POST", ACCEPT, who, {"token": token})
            assert (answer.status, answer.code) == (410, "invitation_used")
        assert world.call("POST", "/v1/invitations/preview", None, {"token": token}).code == "invitation_used"


def test_a_removed_manager_cannot_use_the_old_link_again(world: World, team: Team) -> None:
    """R16, R30: access ended; the link is used."""
    new = world.person("new@acme.example")
    token = _invited(world, team, new)
    new_id = world.ok("POST", ACCEPT, new, {"token": token})["customer_id"]
    world.ok("DELETE", f"{team.path}/managers/{new_id}", team.carl)
    with world.unchanged():
        assert world.call("POST", ACCEPT, new, {"token": token}).code == "invitation_used"


def test_another_person_with_the_right_link_is_refused(world: World, team: Team) -> None:
    """R15, S1: both addresses masked; the invitation stays, and shows the attempt to those who may see it."""
    new, eve = world.person("new@acme.example"), world.person("eve@evil.example")
    token = _invited(world, team, new)
    answer = world.call("POST", ACCEPT, eve, {"token": token})
    assert (answer.status, answer.code) == (403, "email_mismatch")
    assert (answer.json["signed_in_as"], answer.json["invited"]) == ("e***@evil.example", "n***@acme.example")
    assert new.email not in answer.text
    assert _noted(world, team) == ("pending", "email_mismatch")
    assert world.ok("GET", "/v1/me", eve)["id"] is None
    assert world.call("POST", ACCEPT, new, {"token": token}).status == 201
    (seen,) = world.ok("GET", f"{team.path}/invitations?status=accepted", team.carl)["data"][:1]
    assert seen["last_accept_error"] is None


@pytest.mark.parametrize("verified", [False, True])
def test_the_address_must_be_verified(world: World, team: Team, *, verified: bool) -> None:
    """R15, S2: the right address proves nothing until the provider has verified it."""
    new = world.person("new@acme.example", email_verified=verified)
    token = _invited(world, team, new)
    answer = world.call("POST", ACCEPT, new, {"token": token})
    assert (answer.status, answer.code) == ((201, None) if verified else (403, "email_not_verified"))
    assert world.ok("GET", "/v1/me", new)["counts"]["billing_accounts"] == int(verified)
    if not verified:
        assert _noted(world, team) == ("pending", "email_not_verified")


def test_failed_attempts_never_end_an_invitation(world: World, team: Team) -> None:
    """R15: however many there are, and whoever makes them; the newest is shown."""
    new = world.person("new@acme.example")
    token = _invited(world, team, new)
    events = world.events(team.account)
    for number in range(5):
        assert world.call("POST", ACCEPT, world.person(f"e{number}@evil.example"), {"token": token}).status == 403
    unverified = world.person(new.email, sub="another", email_verified=False)
    assert world.call("POST", ACCEPT, unverified, {"token": token}).code == "email_not_verified"
    assert _noted(world, team) == ("pending", "email_not_verified")
    assert world.events(team.account) == events
    assert world.call("POST", ACCEPT, new, {"token": token}).status == 201


def test_a_second_sign_in_with_the_invited_address_cannot_accept(world: World, team: Team) -> None:
    """R2, S3: the address belongs to a customer with another sign-in."""
    otto = world.person("otto@beta.example")
    world.account(otto)
    world.id_of(otto)
    token = _invited(world, team, otto)
    second = world.person(otto.email, sub="another|otto")
    with world.unchanged():
        answer = world.call("POST", ACCEPT, second, {"token": token})
        assert (answer.status, answer.code) == (403, "forbidden")


def test_a_manager_cannot_accept_a_second_invitation_to_the_same_account(world: World, team: Team) -> None:
    """R2, R12: a person whose address at the provider has changed since they joined; the invitation ends."""
    moved = somebody(world, "moved", sub="dev|moved")
    world.join(team.olga, team.account, moved)
    token = _invited(world, team, world.person("new.name@acme.example"))
    renamed = world.person("new.name@acme.example", sub="dev|moved")
    answer = world.call("POST", ACCEPT, renamed, {"token": token})
    assert (answer.status, answer.code) == (409, "already_manager")
    with world.unchanged():
        answer = world.call("POST", ACCEPT, renamed, {"token": token})
        assert (answer.status, answer.code) == (410, "invitation_revoked")


def test_a_customer_accepts_under_their_present_address(world: World, team: Team) -> None:
    """R2, R15: one customer, known by subject; the record keeps its address, and both are free again after leaving."""
    kim = world.person("kim@acme.example", sub="dev|kim")
    kim_id = world.join(team.olga, team.account, kim)
    world.ok("POST", f"{team.path}/leave", kim)
    renamed = world.person("kim@new.example", sub="dev|kim")
    token = _invited(world, team, renamed)
    assert world.ok("POST", ACCEPT, renamed, {"token": token})["customer_id"] == kim_id
    listed = world.ok("GET", f"{team.path}/managers", team.carl)["data"]
    assert [each["email"] for each in listed if each["id"] == kim_id] == ["kim@acme.example"]
    world.ok("POST", f"{team.path}/leave", renamed)
    for free in ("kim@acme.example", "kim@new.example"):
        assert world.invite(team.olga, team.account, free)["status"] == "pending"
