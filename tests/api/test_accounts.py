"""An account as its managers see it, and the list of one's own accounts (R5, R7)."""

from tests.api.team import Team, somebody
from tests.world import World


def test_everybody_on_an_account_sees_it_with_their_own_role(world: World, team: Team) -> None:
    """The same for all but ``my_role``, alone and in the list."""
    seen = {}
    for who, role in ((team.olga, "admin"), (team.carl, "manager"), (team.vera, "viewer")):
        shown = world.ok("GET", team.path, who)
        assert world.ok("GET", "/v1/billing-accounts", who) == {"data": [shown], "next_cursor": None}
        assert shown.pop("my_role") == role
        seen[role] = shown
    assert seen["admin"] == seen["manager"] == seen["viewer"]
    assert set(seen["admin"]) == {
        "id", "zuora_account_id", "account_number", "name", "plan", "channel", "status", "managed_by", "limits",
        "nudge_second_manager",
    }  # fmt: skip


def test_a_second_manager_is_suggested_while_one_person_manages_alone(world: World, team: Team) -> None:
    """Viewers do not count, nor do pending invitations; a closed account needs nobody."""
    assert world.ok("GET", team.path, team.olga)["nudge_second_manager"] is False
    world.ok("POST", f"{team.path}/leave", team.carl)
    new = somebody(world, "new")
    world.invite(team.olga, team.account, new.email)
    assert world.ok("GET", team.path, team.olga)["nudge_second_manager"] is True
    world.set_account(team.account, status="closed")
    assert world.ok("GET", team.path, team.olga)["nudge_second_manager"] is False
    world.set_account(team.account, status="active")
    world.ok("POST", "/v1/invitations/accept", new, {"token": world.link_token(new.email)})
    assert world.ok("GET", team.path, team.olga)["nudge_second_manager"] is False


def test_a_closed_account_can_be_seen_and_left_but_not_joined(world: World, team: Team) -> None:
    """R17: nobody can be added."""
    world.set_account(team.account, status="closed")
    with world.unchanged():
        assert world.ok("GET", team.path, team.vera)["status"] == "closed"
        answer = world.call("POST", f"{team.path}/invitations", team.olga, {"email": "new@acme.example"})
        assert (answer.status, answer.code) == (409, "account_closed")
    world.ok("POST", f"{team.path}/leave", team.vera)


def test_health_reports_the_version_and_reads_nothing(world: World) -> None:
    """GET /health: no table, no sign-in, for anybody."""
    with world.calls_to_dynamodb() as calls:
        assert world.ok("GET", "/health") == {"status": "ok", "version": "development"}
        assert world.ok("GET", "/health", world.person("x@acme.example", expires_in=-3600))["status"] == "ok"
    assert calls == []
