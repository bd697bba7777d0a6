"""Who is mailed about what: the right mail to the right people, once, and nobody else (R35)."""

import pytest

from tests.api.team import Team, later, somebody
from tests.world import World

Told = set[tuple[str, str, str]]


def _told(world: World) -> Told:
    """Everybody who got a mail since the last check: who, for which audience, and about what."""
    world.pipeline.drain()
    types = {event["event_id"]["S"]: event["type"]["S"] for event in world.pipeline.history()}
    mails = [(mail.to, mail.tags["event_id"]) for mail in world.ses.sent]
    assert len(mails) == len(set(mails)), "somebody was told the same thing twice"
    found = {(mail.to, mail.tags["audience"], types[mail.tags["event_id"]]) for mail in world.ses.sent}
    assert all(mail.subject and mail.text and mail.html for mail in world.ses.sent)
    world.ses.sent.clear()
    return found


@pytest.mark.parametrize("policy", ["managers", "admins"])
def test_an_import_mails_nobody(world: World, policy: str) -> None:
    """R35: nor do signing in, changing a role, and a refused attempt."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    world.set_account(account, managed_by=policy)
    world.ok("GET", "/v1/me", olga)
    world.ok("PATCH", f"/v1/billing-accounts/{account}/managers/{world.id_of(olga)}", olga, {"role": "admin"})
    world.call("POST", "/v1/invitations/accept", olga, {"token": "nonsense"})
    assert _told(world) == set()


@pytest.mark.parametrize("policy", ["managers", "admins"])
def test_an_invitation_mails_the_invitee_alone(world: World, team: Team, policy: str) -> None:
    """R35: neither the inviter nor anybody else; the existing Sold To is never copied."""
    world.set_account(team.account, managed_by=policy)
    world.invite(team.olga, team.account, "new@acme.example")
    assert _told(world) == {("new@acme.example", "invitee", "invitation_created")}


@pytest.mark.parametrize(("policy", "others"), [("managers", {"olga", "carl", "anna"}), ("admins", {"olga", "anna"})])
def test_an_acceptance_mails_the_newcomer_and_those_who_manage(
    world: World, team: Team, policy: str, others: set[str]
) -> None:
    """R35: a welcome, and by policy the managers or only the admins; never the viewers."""
    anna, new = somebody(world, "anna"), somebody(world, "new")
    world.join(team.olga, team.account, anna, role="admin")
    world.set_account(team.account, managed_by=policy)
    world.invite(team.olga, team.account, new.email)
    token = world.link_token(new.email)
    _told(world)
    world.ok("POST", "/v1/invitations/accept", new, {"token": token})
    expected = {(f"{name}@acme.example", "others", "invitation_accepted") for name in others}
    assert _told(world) == expected | {(new.email, "person", "invitation_accepted")}
    assert world.call("POST", "/v1/invitations/accept", new, {"token": token}).status == 200
    assert _told(world) == set()


@pytest.mark.parametrize("sent", [False, True])
def test_a_revocation_mails_people_who_knew_of_the_invitation(world: World, team: Team, *, sent: bool) -> None:
    """R35: revoked before its mail went out, neither mail is sent."""
    made = world.invite(team.olga, team.account, "new@acme.example")
    if sent:
        assert _told(world) == {("new@acme.example", "invitee", "invitation_created")}
    world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.carl)
    assert _told(world) == ({("new@acme.example", "invitee", "invitation_revoked")} if sent else set())


def test_a_revocation_after_expiry_mails_nobody(world: World, team: Team) -> None:
    """R35: the link no longer worked anyway."""
    made = world.invite(team.olga, team.account, "new@acme.example", expires_in_days=1)
    _told(world)
    with later(days=2):
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.carl)
        assert _told(world) == set()


@pytest.mark.parametrize(("policy", "others"), [("managers", {"anna", "carl"}), ("admins", {"anna"})])
def test_a_removal_mails_the_removed_person_and_the_others(
    world: World, team: Team, policy: str, others: set[str]
) -> None:
    """R35: not the person who did it, not viewers, and where admins manage not managers."""
    anna, sam = somebody(world, "anna"), somebody(world, "sam")
    world.join(team.olga, team.account, anna, role="admin")
    sam_id = world.join(team.olga, team.account, sam)
    world.set_account(team.account, managed_by=policy)
    _told(world)
    world.ok("DELETE", f"{team.path}/managers/{sam_id}", team.olga)
    expected = {(f"{name}@acme.example", "others", "manager_removed") for name in others}
    assert _told(world) == expected | {(sam.email, "person", "manager_removed")}


def test_leaving_mails_the_leaver_and_the_others(world: World, team: Team) -> None:
    """R33, R35: the leaver gets a confirmation; so does a viewer who leaves."""
    world.ok("POST", f"{team.path}/leave", team.vera)
    told = {(team.vera.email, "person", "manager_left"), (team.carl.email, "others", "manager_left"),
            (team.olga.email, "others", "manager_left")}  # fmt: skip
    assert _told(world) == told
    world.ok("POST", f"{team.path}/leave", team.carl)
    assert _told(world) == {(team.carl.email, "person", "manager_left"), (team.olga.email, "others", "manager_left")}


@pytest.mark.parametrize(("policy", "others"), [("managers", {"anna", "carl"}), ("admins", {"anna"})])
def test_a_change_of_role_mails_the_person_and_the_others(
    world: World, team: Team, policy: str, others: set[str]
) -> None:
    """R6, R35: with the role before and after; not the person who did it, and an unchanged role mails nobody."""
    anna = somebody(world, "anna")
    world.add(team.olga, team.account, anna, role="admin")
    world.set_account(team.account, managed_by=policy)
    _told(world)
    path = f"{team.path}/managers/{world.id_of(team.vera)}"
    world.ok("PATCH", path, team.olga, {"role": "viewer"})
    assert _told(world) == set()
    world.ok("PATCH", path, team.olga, {"role": "manager"})
    world.pipeline.drain()
    assert all("viewer" in mail.text and "manager" in mail.text for mail in world.ses.sent)
    expected = {(f"{name}@acme.example", "others", "role_changed") for name in others}
    assert _told(world) == expected | {(team.vera.email, "person", "role_changed")}


def test_the_invitees_of_a_removed_manager_are_each_mailed(world: World, team: Team) -> None:
    """R22, R35: their links are dead."""
    for number in range(3):
        world.invite(team.carl, team.account, f"p{number}@acme.example")
    world.invite(team.olga, team.account, "olgas@acme.example")
    _told(world)
    world.ok("DELETE", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga)
    invitees = {(f"p{number}@acme.example", "invitee", "invitation_revoked") for number in range(3)}
    assert _told(world) == invitees | {(team.carl.email, "person", "manager_removed")}


def test_a_person_whose_login_is_off_gets_no_mail_about_others(world: World, team: Team) -> None:
    """R3, R35: they may not see the account."""
    world.set_customer(world.id_of(team.carl), login_activated=False)
    world.ok("POST", f"{team.path}/leave", team.vera)
    assert {to for to, _, _ in _told(world)} == {team.vera.email, team.olga.email}


def test_no_mail_shows_an_address_to_a_person_who_may_not_see_it(world: World, team: Team) -> None:
    """R35: people appear by name; only the invitee's own address may be in their own mail."""
    world.set_account(team.account, managed_by="admins")
    new = somebody(world, "new")
    world.join(team.olga, team.account, new)
    world.ok("POST", f"{team.path}/leave", new)
    world.ok("DELETE", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga)
    world.pipeline.drain()
    assert len(world.ses.sent) >= 5
    for mail in world.ses.sent:
        whole = mail.subject + mail.text + mail.html + str(mail.tags)
        assert "@acme.example" not in whole.replace(mail.to, "")
