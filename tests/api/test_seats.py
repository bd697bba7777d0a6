"""How many managers and pending invitations an account may have (R7, R8)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.team import Team, later
from tests.world import Person, World, fresh_world

PLANS = {"team": 2, "Team": 2, "enterprise": None, "Business Critical": None, "something new": None, None: None}


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_the_plan_says_how_many_managers_an_account_may_have(world: World, plan: str | None) -> None:
    """R7, R53: copied at import; a plan that the setting does not name has no limit. No nudge without a free seat."""
    olga = world.person("olga@acme.example")
    account = world.account(olga, **({"Plan__c": plan} if plan else {}))
    seen = world.ok("GET", f"/v1/billing-accounts/{account}", olga)
    assert seen["limits"]["managers"] == {"used": 1, "max": PLANS[plan]}
    assert seen["plan"] == (plan.lower().replace(" ", "_") if plan else None)
    assert seen["nudge_second_manager"] is True
    world.invite(olga, account, "first@acme.example")  # Team: the owner, and one billing manager
    nudged = world.ok("GET", f"/v1/billing-accounts/{account}", olga)["nudge_second_manager"]
    answer = world.call("POST", f"/v1/billing-accounts/{account}/invitations", olga, {"email": "new@acme.example"})
    expected = (True, 201, None) if PLANS[plan] is None else (False, 409, "account_full")
    assert (nudged, answer.status, answer.code) == expected


def test_managers_and_pending_invitations_share_the_seats(world: World, team: Team) -> None:
    """R7: at the limit the refusal names it and nothing happens; every end of an invitation frees its seat."""
    world.set_account(team.account, max_managers=5)
    first = world.invite(team.olga, team.account, "p1@acme.example")
    world.invite(team.carl, team.account, "p2@acme.example")
    with world.unchanged():
        answer = world.call("POST", f"{team.path}/invitations", team.olga, {"email": "p3@acme.example"})
        assert (answer.status, answer.code, answer.json["limit"]) == (409, "account_full", 5)
    limits = world.ok("GET", team.path, team.olga)["limits"]
    assert limits == {"managers": {"used": 3, "max": 5}, "pending_invitations": {"used": 2, "max": 15}}
    world.ok("POST", f"{team.path}/invitations/{first['id']}/revoke", team.olga)
    world.invite(team.olga, team.account, "p3@acme.example")


def test_accepting_and_leaving_move_the_seats(world: World, team: Team) -> None:
    """R7, I2: accepting keeps the seat, leaving and removing free it."""
    world.set_account(team.account, max_managers=4)
    new = world.person("new@acme.example")
    new_id = world.join(team.olga, team.account, new)
    full = {"email": "more@acme.example"}
    assert world.call("POST", f"{team.path}/invitations", team.olga, full).code == "account_full"
    world.ok("DELETE", f"{team.path}/managers/{new_id}", team.olga)
    world.invite(team.olga, team.account, "more@acme.example")
    assert world.call("POST", f"{team.path}/invitations", team.olga, {"email": "x@acme.example"}).code == "account_full"
    world.ok("POST", f"{team.path}/leave", team.vera)
    world.invite(team.olga, team.account, "x@acme.example")


def test_an_account_has_at_most_15_pending_invitations(world: World) -> None:
    """R8: the sixteenth is refused until one of them ends; expired ones do not count."""
    olga = world.person("olga@acme.example", expires_in=10 * 86400)
    account = world.account(olga)
    path = f"/v1/billing-accounts/{account}/invitations"
    sent = [world.invite(olga, account, f"p{number}@acme.example")["id"] for number in range(14)]
    world.invite(olga, account, "short@acme.example", expires_in_days=1)
    with world.unchanged():
        answer = world.call("POST", path, olga, {"email": "p16@acme.example"})
        assert (answer.status, answer.code, answer.json["limit"]) == (409, "pending_limit_reached", 15)
    world.ok("POST", f"{path}/{sent[0]}/revoke", olga)
    world.invite(olga, account, "p16@acme.example")
    assert world.call("POST", path, olga, {"email": "p17@acme.example"}).code == "pending_limit_reached"
    with later(days=2):
        assert world.invite(olga, account, "p17@acme.example")["status"] == "pending"
        assert world.call("POST", path, olga, {"email": "p18@acme.example"}).code == "pending_limit_reached"
    assert world.events(account).count("invitation_expired") == 1


@pytest.fixture
def small_world(issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A deployment with other limits."""
    settings = {
        "PENDING_INVITATIONS_PER_ACCOUNT": "2",
        "MANAGERS_BY_PLAN": '{"team": 2}',
        "INVITATION_DAYS": "3",
        "MEMBERSHIPS_PER_CUSTOMER": "2",
    }
    with fresh_world(issuer, zuora_server, monkeypatch, **settings) as world:
        yield world


def test_the_numbers_are_settings(small_world: World) -> None:
    """R5, R7, R8, R10: none of them is hard-coded."""
    world = small_world
    olga, kim = world.person("olga@acme.example"), world.person("kim@acme.example")
    accounts = [world.account(olga, Plan__c="team"), world.account(olga)]
    path = f"/v1/billing-accounts/{accounts[1]}"
    made = [world.invite(olga, accounts[1], f"p{number}@acme.example") for number in range(2)]
    created, expires = (datetime.fromisoformat(made[0][name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(days=3)
    assert world.call("POST", f"{path}/invitations", olga, {"email": "p3@acme.example"}).json["limit"] == 2
    world.join(olga, accounts[0], kim)
    full = world.call("POST", f"/v1/billing-accounts/{accounts[0]}/invitations", olga, {"email": "x@acme.example"})
    assert (full.code, full.json["limit"]) == ("account_full", 2)
    third = world.account(world.person("tom@gamma.example"))
    assert _accepted(world, third, olga) == "membership_limit_reached"
    assert _accepted(world, third, kim) is None


def _accepted(world: World, account: str, who: Person) -> str | None:
    tom = world.person("tom@gamma.example")
    world.invite(tom, account, who.email)
    return world.call("POST", "/v1/invitations/accept", who, {"token": world.link_token(who.email)}).code
