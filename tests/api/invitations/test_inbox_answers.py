"""Accepting and declining from the inbox, without the link (R21)."""

import pytest

from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.world import Person, World

NEW = "new@acme.example"


def _answer(world: World, who: Person, invitation_id: str, what: str, **body: str) -> Response:
    return world.call("POST", f"/v1/me/invitations/{invitation_id}/{what}", who, body or None)


def test_accepting_from_the_inbox_makes_customer_and_manager_in_one_step(world: World, team: Team) -> None:
    """R21, R16, S13: only this request does it; 201, then 200 with the same body when repeated."""
    new = somebody(world, "new")
    made = world.invite(team.olga, team.account, NEW, role="viewer")
    world.ok("GET", "/v1/me", new)
    world.ok("GET", "/v1/me/invitations", new)
    assert world.ok("GET", f"{team.path}/invitations/{made['id']}", team.olga)["status"] == "pending"
    first = _answer(world, new, made["id"], "accept")
    assert (first.status, first.json["role"], first.json["account_id"]) == (201, "viewer", team.account)
    assert world.id_of(new) == first.json["customer_id"]
    again = _answer(world, new, made["id"], "accept")
    assert (again.status, again.json) == (200, first.json)
    assert world.events(team.account)[-2:] == ["invitation_created", "invitation_accepted"]


def test_declining_from_the_inbox_is_told_like_declining_by_link(world: World, team: Team) -> None:
    """R18, R21, R35: with or without a reason; it leaves the inbox, and a second time changes nothing."""
    new = somebody(world, "new")
    made = world.invite(team.carl, team.account, NEW)
    first = _answer(world, new, made["id"], "decline", reason="No time.")
    assert (first.status, first.json) == (200, {"account_name": "Acme Ltd", "status": "declined"})
    assert world.ok("GET", "/v1/me/invitations", new)["data"] == []
    with world.unchanged():
        assert _answer(world, new, made["id"], "decline").json == first.json
    world.pipeline.drain()
    assert [(mail.to, "No time." in mail.text) for mail in world.ses.sent] == [(team.carl.email, True)]


@pytest.mark.parametrize("what", ["accept", "decline"])
def test_only_the_invited_address_answers_from_the_inbox(world: World, team: Team, what: str) -> None:
    """R15, R21, S1, S2, S6: it does not exist for others; unverified proves nothing; links are in no inbox."""
    made = world.invite(team.olga, team.account, NEW)
    link = world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link"})
    with world.unchanged():
        for who in (somebody(world, "eve"), world.person("new+1@acme.example"), team.carl, world.support()):
            answer = _answer(world, who, made["id"], what)
            assert (answer.status, answer.code) == (404, "invitation_not_found")
        unverified = _answer(world, world.person(NEW, email_verified=False), made["id"], what)
        assert (unverified.status, unverified.code) == (403, "email_not_verified")
        assert _answer(world, somebody(world, "new"), link["id"], what).code == "invitation_not_found"
        assert _answer(world, somebody(world, "new"), "inv_unknown", what).code == "invitation_not_found"
        assert world.call("POST", f"/v1/me/invitations/{made['id']}/{what}").status == 401


def test_an_invitation_resent_to_another_address_has_left_the_inbox(world: World, team: Team) -> None:
    """R14, R21: it is in the other one's inbox now."""
    made = world.invite(team.olga, team.account, NEW)
    with later(minutes=2):
        path = f"{team.path}/invitations/{made['id']}/resend"
        world.ok("POST", path, somebody(world, "olga"), {"email": "other@acme.example"})
        for what in ("accept", "decline"):
            assert _answer(world, somebody(world, "new"), made["id"], what).code == "invitation_not_found"
        assert _answer(world, somebody(world, "other"), made["id"], "accept").status == 201


@pytest.mark.parametrize(("end", "accepting", "declining"), [("revoked", "invitation_revoked", "invitation_revoked"),
                                                             ("expired", "invitation_expired", None)])  # fmt: skip
def test_an_ended_invitation_says_how_it_ended(
    world: World, team: Team, end: str, accepting: str, declining: str | None
) -> None:
    """R17, R18, R20: as by its link."""
    made = world.invite(team.olga, team.account, NEW, expires_in_days=1)
    if end == "revoked":
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    with later(days=2):
        new = somebody(world, "new")
        answer = _answer(world, new, made["id"], "accept")
        assert (answer.status, answer.code) == (410, accepting)
        assert _answer(world, new, made["id"], "decline").code == declining


def test_the_inbox_keeps_every_rule_of_accepting(world: World, team: Team) -> None:
    """R3, R5, R17, S11: limit of memberships, closed account, inviter who has lost the right to invite, login off."""
    new = somebody(world, "new")
    world.account(new)
    made = world.invite(team.carl, team.account, NEW)
    new_id = world.id_of(new)
    with world.unchanged():
        assert _answer(world, new, made["id"], "accept").code == "membership_limit_reached"
    before = world.everything()
    for change, code in ((("status", "closed"), "account_closed"), (("managed_by", "admins"), "invitation_revoked")):
        world.set_customer(new_id, membership_count=0)
        world.set_account(team.account, **dict([change]))
        assert _answer(world, new, made["id"], "accept").code == code
        world.rewind(before)
    world.set_customer(new_id, login_activated=False)
    with world.unchanged():
        for what in ("accept", "decline"):
            assert _answer(world, new, made["id"], what).code == "login_deactivated"


def test_a_manager_has_nothing_to_accept(world: World, team: Team) -> None:
    """R2, R12: a person whose address at the provider has changed since; the invitation ends."""
    made = world.invite(team.olga, team.account, NEW)
    kim = world.person("kim@acme.example", sub="dev|kim")
    world.add(team.olga, team.account, kim)
    renamed = world.person(NEW, sub="dev|kim")
    answer = _answer(world, renamed, made["id"], "accept")
    assert (answer.status, answer.code) == (409, "already_manager")
    with world.unchanged():
        answer = _answer(world, renamed, made["id"], "accept")
        assert (answer.status, answer.code) == (410, "invitation_revoked")
