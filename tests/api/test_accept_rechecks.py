"""Accepting checks everything again, and a refusal changes nothing (R17, S11)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.world import Person, World


@dataclass(frozen=True, slots=True)
class Case:
    """An invitation by Carl to a newcomer, with its link."""

    world: World
    team: Team
    new: Person
    invitation_id: str
    token: str

    def accept(self) -> Response:
        """The invitee accepts."""
        return self.world.call("POST", "/v1/invitations/accept", self.new, {"token": self.token})

    def carl(self) -> str:
        """The inviter's customer id."""
        return self.world.id_of(self.team.carl)


@pytest.fixture
def case(world: World, team: Team) -> Case:
    """Everything in order: accepting would succeed."""
    new = somebody(world, "new")
    made = world.invite(team.carl, team.account, new.email, expires_in_days=2)
    return Case(world, team, new, made["id"], world.link_token(new.email))


def _revoke(case: Case) -> None:
    case.world.ok("POST", f"{case.team.path}/invitations/{case.invitation_id}/revoke", case.team.olga)


def _close(case: Case) -> None:
    case.world.set_account(case.team.account, status="closed")


def _lower_the_bound(case: Case) -> None:
    case.world.set_account(case.team.account, max_managers=3)


def _demote_the_inviter(case: Case) -> None:
    case.world.ok("PATCH", f"{case.team.path}/managers/{case.carl()}", case.team.olga, {"role": "viewer"})


def _let_admins_manage(case: Case) -> None:
    case.world.set_account(case.team.account, managed_by="admins")


def _remove_the_inviter(case: Case) -> None:
    case.world.ok("DELETE", f"{case.team.path}/managers/{case.carl()}", case.team.olga)


def _manage_another_account(case: Case) -> None:
    case.world.account(case.new)


def _switch_the_login_off(case: Case) -> None:
    _manage_another_account(case)
    case.world.set_customer(case.world.id_of(case.new), login_activated=False)


CHANGES: dict[str, tuple[Callable[[Case], None], tuple[int, str]]] = {
    "it was revoked": (_revoke, (410, "invitation_revoked")),
    "the account was closed": (_close, (409, "account_closed")),
    "the bound was lowered": (_lower_the_bound, (409, "account_full")),
    "the inviter became a viewer": (_demote_the_inviter, (410, "invitation_revoked")),
    "only admins manage now": (_let_admins_manage, (410, "invitation_revoked")),
    "the inviter was removed": (_remove_the_inviter, (410, "invitation_revoked")),
    "the invitee manages another account": (_manage_another_account, (409, "membership_limit_reached")),
    "the invitee's login was switched off": (_switch_the_login_off, (403, "login_deactivated")),
}


@pytest.mark.parametrize("between", CHANGES)
def test_a_change_since_the_invitation_counts(case: Case, between: str) -> None:
    """R17, S11: each re-check on its own; nothing is written, however often it is tried."""
    change, expected = CHANGES[between]
    change(case)
    case.world.call("GET", "/v1/me", case.new)
    with case.world.unchanged():
        for _ in range(2):
            answer = case.accept()
            assert (answer.status, answer.code) == expected


def test_without_a_change_the_same_invitee_joins(case: Case) -> None:
    """The counter-example to the cases above."""
    assert case.accept().status == 201


@pytest.mark.parametrize(("days", "status"), [(1.99, 201), (2, 410), (40, 410)])
def test_an_invitation_past_its_time_is_expired_swept_or_not(case: Case, days: float, status: int) -> None:
    """R17, R20: the answer says when; the account shows it as expired at once."""
    with later(days=days):
        answer = case.accept()
        assert answer.status == status
        if status == 410:
            assert answer.code == "invitation_expired"
            path = f"{case.team.path}/invitations/{case.invitation_id}"
            seen = case.world.ok("GET", path, somebody(case.world, "olga"))
            assert (seen["status"], seen["ended_at"]) == ("expired", answer.json["expired_at"])
            preview = case.world.call("POST", "/v1/invitations/preview", None, {"token": case.token})
            assert (preview.status, preview.code) == (410, "invitation_expired")
            assert case.world.ok("GET", "/v1/me/invitations", somebody(case.world, "new"))["data"] == []


LIFTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the account is open again": ({"status": "closed"}, {"status": "active"}),
    "the bound is raised again": ({"max_managers": 3}, {"max_managers": 4}),
    "managers manage again": ({"managed_by": "admins"}, {"managed_by": "managers"}),
}


@pytest.mark.parametrize("lifted", LIFTED)
def test_a_refusal_leaves_the_invitation_as_it_was(case: Case, lifted: str) -> None:
    """R17: when the obstacle is gone, the same link works."""
    put, taken_away = LIFTED[lifted]
    case.world.set_account(case.team.account, **put)
    assert case.accept().status in {409, 410}
    case.world.set_account(case.team.account, **taken_away)
    assert case.accept().status == 201


def test_an_overdue_invitation_to_somebody_else_takes_no_seat(case: Case) -> None:
    """R7, R17, I3: it is expired on use, and the acceptance succeeds."""
    case.world.invite(case.team.olga, case.team.account, "overdue@acme.example", expires_in_days=1)
    case.world.set_account(case.team.account, max_managers=4)
    assert case.accept().code == "account_full"
    with later(days=1.5):
        assert case.accept().status == 201


def test_an_admins_invitation_stays_good_when_only_admins_manage(world: World, team: Team) -> None:
    """R17: the inviter is still entitled."""
    new = somebody(world, "new")
    world.invite(team.olga, team.account, new.email)
    token = world.link_token(new.email)
    world.set_account(team.account, managed_by="admins")
    assert world.call("POST", "/v1/invitations/accept", new, {"token": token}).status == 201


def test_the_refusal_for_too_many_memberships_says_what_to_do(case: Case) -> None:
    """R5: it names the limit; after leaving the other account the same link works."""
    second = case.world.account(case.new)
    colleague = case.world.person("colleague@acme.example")
    case.world.join(case.new, second, colleague)
    answer = case.accept()
    assert (answer.code, answer.json["limit"]) == ("membership_limit_reached", 1)
    assert "Leave one" in answer.json["detail"]
    case.world.set_account(second, sold_to_address=None, bill_to_address=None)
    case.world.ok("POST", f"/v1/billing-accounts/{second}/leave", case.new)
    assert case.accept().status == 201
