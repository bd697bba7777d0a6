"""What happened on an account, for everybody who may see it (R40, I5)."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.api.team import Team, later, somebody
from tests.world import TICKET, World


def _events(world: World, team: Team, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ok("GET", f"{team.path}/history?limit=100{query}", team.olga)["data"]
    return found


def _a_full_life(world: World, team: Team) -> None:
    """One event of every type that an account can have so far, except how Carl and Vera joined."""
    new = somebody(world, "new")
    new_id = world.join(team.carl, team.account, new)
    made = world.invite(team.olga, team.account, "p@acme.example")
    world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.carl)
    world.ok("PATCH", f"{team.path}/managers/{new_id}", team.olga, {"role": "viewer"})
    world.ok("DELETE", f"{team.path}/managers/{new_id}", team.carl)
    world.ok("POST", f"{team.path}/leave", team.vera)


def test_every_change_is_one_entry_that_says_who_did_what_to_whom(world: World, team: Team) -> None:
    """R40, I5: newest first, with before and after, actors in their three forms, and ids only."""
    before = _events(world, team)
    _a_full_life(world, team)
    new = _events(world, team)[: -len(before)]
    olga, carl, vera = (f"customer:{world.id_of(who)}" for who in (team.olga, team.carl, team.vera))
    newcomer = new[2]["subject"].removeprefix("manager:")
    told = [(each["type"], each["actor"], each["subject"].partition(":")[0]) for each in reversed(new)]
    assert told == [
        ("invitation_created", carl, "invitation"),
        ("invitation_accepted", f"customer:{newcomer}", "invitation"),
        ("invitation_created", olga, "invitation"),
        ("invitation_revoked", carl, "invitation"),
        ("role_changed", olga, "manager"),
        ("manager_removed", carl, "manager"),
        ("manager_left", vera, "manager"),
    ]
    changed = {each["type"]: each["data"] for each in new}
    assert changed["role_changed"] == {"customer_id": newcomer, "role_before": "manager", "role_after": "viewer"}
    assert changed["manager_removed"] == {"customer_id": newcomer, "role": "viewer"}
    assert changed["invitation_accepted"]["new_customer"] is True
    assert {each["account_id"] for each in new} == {team.account}


def test_an_import_is_the_first_entry_without_its_ticket_for_managers(world: World, team: Team) -> None:
    """R40, R60: support sees ``admin:<email>`` and the link to the ticket, managers "Support" and neither."""
    first = _events(world, team)[-1]
    assert (first["type"], first["actor"]) == ("account_imported", "Support")
    assert first["subject"] == f"account:{team.account}"
    assert "ticket_url" not in first["data"]
    assert first["data"]["customer_id"] == world.id_of(team.olga)
    whole = _seen_by_support(world, team)[-1]
    assert (whole["id"], whole["actor"]) == (first["id"], "admin:sue@support.example")
    assert whole["data"]["ticket_url"] == TICKET


def _seen_by_support(world: World, team: Team) -> list[dict[str, Any]]:
    path = f"/v1/support/billing-accounts/{team.account}/history?limit=100"
    found: list[dict[str, Any]] = world.ok("GET", path, world.support())["data"]
    return found


def test_an_expiry_is_by_the_system(world: World, team: Team) -> None:
    """R20, R40: recorded as ``system:<function>`` when it is in somebody's way."""
    world.invite(team.olga, team.account, "p@acme.example", expires_in_days=1)
    with later(days=2):
        world.invite(team.olga, team.account, "p@acme.example")
        newest, expired = _events(world, team)[:2]
    assert (expired["type"], expired["actor"]) == ("invitation_expired", "system:expiry")
    assert newest["type"] == "invitation_created"


def test_entries_come_newest_first_with_their_times(world: World, team: Team) -> None:
    """R40: the times fall, the ids are all different."""
    _a_full_life(world, team)
    events = _events(world, team)
    times = [datetime.fromisoformat(each["at"]) for each in events]
    assert times == sorted(times, reverse=True)
    assert len({each["id"] for each in events}) == len(events)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each["at"]) for each in events)


@pytest.mark.parametrize("types", [["manager_left"], ["invitation_created", "role_changed"], ["customer_bound"],
                                   ["invitation_accepted", "invitation_accepted"]])  # fmt: skip
def test_the_history_can_be_filtered_by_type(world: World, team: Team, types: list[str]) -> None:
    """R40: exactly those, in the same order, on pages too."""
    _a_full_life(world, team)
    wanted = [each["id"] for each in _events(world, team) if each["type"] in types]
    query = "".join(f"&type={each}" for each in types)
    assert [each["id"] for each in _events(world, team, query)] == wanted
    paged: list[str] = []
    cursor = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = world.ok("GET", f"{team.path}/history?limit=1{query}{more}", team.olga)
        paged += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert paged == wanted


def test_entries_carry_ids_and_no_addresses_or_names(world: World, team: Team) -> None:
    """I6, R40: nothing personal, not even the support agent's address."""
    _a_full_life(world, team)
    for event in _events(world, team):
        text = str(event)
        assert "@" not in text
        assert not re.search(r"Olga|Carl|Vera|Tester|Owner", text)


def test_reading_refused_and_repeated_requests_leave_no_entry(world: World, team: Team) -> None:
    """I5: only changes are entries."""
    made = world.invite(team.olga, team.account, "p@acme.example")
    world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    count = len(_events(world, team))
    world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.carl)
    world.ok("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": "manager"})
    world.call("POST", f"{team.path}/invitations", team.olga, {"email": team.carl.email})
    world.call("POST", f"{team.path}/leave", team.olga)
    assert len(_events(world, team)) == count
