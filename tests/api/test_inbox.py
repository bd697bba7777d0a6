"""The invitations that wait for a person, also before there is a customer record (R21)."""

import pytest

from tests.api.team import Team, later, somebody
from tests.world import World

INBOX = "/v1/me/invitations"


def test_the_first_sign_in_shows_pending_invitations(world: World, team: Team) -> None:
    """R21: sent before the person was known; with what they need to decide, and no token."""
    made = world.invite(team.carl, team.account, "New@acme.example", role="viewer", message="Welcome.")
    new = world.person("new@ACME.example")
    with world.unchanged():
        (shown,) = world.ok("GET", INBOX, new)["data"]
        assert shown == {
            "id": made["id"],
            "account_id": team.account,
            "account_name": "Acme Ltd",
            "inviter_name": "Carl Tester",
            "kind": "email",
            "email": "new@acme.example",
            "role": "viewer",
            "status": "pending",
            "created_at": made["created_at"],
            "expires_at": made["expires_at"],
            "message": "Welcome.",
        }
        assert world.ok("GET", "/v1/me", new)["counts"] == {"billing_accounts": 0, "pending_invitations": 1}


def test_the_inbox_holds_what_is_live_from_everywhere_newest_first(world: World, team: Team) -> None:
    """R21: from several accounts; none that have ended, and none for others."""
    otto, new = somebody(world, "otto"), somebody(world, "new")
    second = world.account(otto)
    first_id = world.invite(team.olga, team.account, new.email, expires_in_days=1)["id"]
    second_id = world.invite(otto, second, new.email)["id"]
    world.invite(team.olga, team.account, "new+1@acme.example")
    assert [each["id"] for each in world.ok("GET", INBOX, new)["data"]] == [second_id, first_id]
    with later(days=2):
        assert [each["id"] for each in world.ok("GET", INBOX, new)["data"]] == [second_id]
        assert world.ok("GET", "/v1/me", new)["counts"]["pending_invitations"] == 1
    world.ok("POST", f"/v1/billing-accounts/{second}/invitations/{second_id}/revoke", otto)
    assert [each["id"] for each in world.ok("GET", INBOX, new)["data"]] == [first_id]


def test_accepting_empties_the_inbox_and_fills_the_list_of_accounts(world: World, team: Team) -> None:
    """R21: in one step, consistently."""
    new = somebody(world, "new")
    world.invite(team.olga, team.account, new.email)
    token = world.link_token(new.email)
    assert world.ok("GET", "/v1/billing-accounts", new)["data"] == []
    world.ok("POST", "/v1/invitations/accept", new, {"token": token})
    assert world.ok("GET", INBOX, new)["data"] == []
    assert [each["id"] for each in world.ok("GET", "/v1/billing-accounts", new)["data"]] == [team.account]
    assert world.ok("GET", "/v1/me", new)["counts"] == {"billing_accounts": 1, "pending_invitations": 0}


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": False, "sub": "dev|x"}])
def test_an_address_that_is_not_verified_has_no_inbox(world: World, team: Team, claims: dict[str, object]) -> None:
    """R15, R21: 403, and the count reveals nothing either."""
    world.invite(team.olga, team.account, "new@acme.example")
    new = world.person("new@acme.example", **claims)
    answer = world.call("GET", INBOX, new)
    assert (answer.status, answer.code) == (403, "email_not_verified")
    assert world.ok("GET", "/v1/me", new)["counts"]["pending_invitations"] == 0
