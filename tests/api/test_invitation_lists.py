"""The invitations of an account by their effective state (R20)."""

from dataclasses import dataclass

import pytest

from tests.api.team import Team, later, somebody
from tests.world import World


@dataclass(frozen=True, slots=True)
class InvitationsByState:
    """One invitation in each state, by state, beside those by which the team joined; one is overdue after a day."""

    world: World
    team: Team
    ids: dict[str, str]

    def listed(self, query: str) -> list[str]:
        """The states in a list, newest first."""
        path = f"{self.team.path}/invitations{query}"
        shown = self.world.ok("GET", path, somebody(self.world, "carl"))["data"]
        by_id = {invitation_id: state for state, invitation_id in self.ids.items()}
        return [by_id[each["id"]] for each in shown if each["id"] in by_id]


@pytest.fixture
def drawer(world: World, team: Team) -> InvitationsByState:
    """In this order: accepted, revoked, overdue, pending."""
    new = somebody(world, "new")
    ids = {}
    for state, email, days in (("accepted", new.email, 7), ("revoked", "r@acme.example", 7),
                               ("overdue", "o@acme.example", 1), ("pending", "p@acme.example", 7)):  # fmt: skip
        ids[state] = str(world.invite(team.olga, team.account, email, expires_in_days=days)["id"])
        if state == "accepted":
            world.ok("POST", "/v1/invitations/accept", new, {"token": world.link_token(new.email)})
        if state == "revoked":
            world.ok("POST", f"{team.path}/invitations/{ids[state]}/revoke", team.olga)
    return InvitationsByState(world, team, ids)


QUERIES = {
    "": ["pending"],
    "?status=pending": ["pending"],
    "?status=accepted": ["accepted"],
    "?status=revoked": ["revoked"],
    "?status=expired": ["overdue"],
    "?status=declined": [],
    "?status=pending&status=accepted": ["pending", "accepted"],
    "?status=pending&status=expired": ["pending", "overdue"],
    "?status=accepted&status=revoked&status=expired&status=pending": ["pending", "overdue", "revoked", "accepted"],
}


def test_a_list_shows_the_requested_states_newest_first(drawer: InvitationsByState) -> None:
    """R20: pending by default; one past its end counts as expired, recorded or not."""
    with later(days=2), drawer.world.unchanged():
        assert {query: drawer.listed(query) for query in QUERIES} == QUERIES
    with later(hours=1):
        assert drawer.listed("?status=pending&status=expired") == ["pending", "overdue"]
        assert drawer.listed("?status=expired") == []


def test_the_list_and_the_single_invitation_agree(drawer: InvitationsByState) -> None:
    """R20: in every field, whatever the state."""
    every = "&".join(f"status={each}" for each in ("pending", "accepted", "declined", "revoked", "expired"))
    for days in (0, 2):
        with later(days=days):
            carl = somebody(drawer.world, "carl")
            path = f"{drawer.team.path}/invitations"
            for shown in drawer.world.ok("GET", f"{path}?{every}", carl)["data"]:
                assert drawer.world.ok("GET", f"{path}/{shown['id']}", carl) == shown
                ended = shown["status"] != "pending"
                assert (shown["ended_at"] is not None) == ended


def test_an_expiry_looks_the_same_after_it_was_recorded(drawer: InvitationsByState) -> None:
    """R20: it ended at its expiry time."""
    path = f"{drawer.team.path}/invitations/{drawer.ids['overdue']}"
    with later(days=2):
        olga = somebody(drawer.world, "olga")
        before = drawer.world.ok("GET", path, olga)
        drawer.world.invite(olga, drawer.team.account, "o@acme.example")
        assert "invitation_expired" in drawer.world.events(drawer.team.account)
        assert drawer.world.ok("GET", path, olga) == before
