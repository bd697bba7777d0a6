"""An invitation to another verified address of a person who already manages the account ends by itself (R2)."""

import pytest

from tests.api.team import Team, later, somebody
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations
from tests.world import TICKET, Person, World

NEW = "carl@new.example"


@pytest.fixture
def carl(world: World, team: Team) -> Person:
    """Carl, whose sign-in has a new verified address, to which Olga has just sent an invitation."""
    world.id_of(team.carl)
    return world.moved(team.carl, NEW)


def invited(world: World, team: Team, *, by: Person | None = None) -> str:
    """An invitation to the new address; returns its id."""
    return str(world.invite(by or team.olga, team.account, NEW, role="viewer")["id"])


def status(world: World, team: Team, invitation_id: str) -> str:
    return str(world.ok("GET", f"{team.path}/invitations/{invitation_id}", team.olga)["status"])


def seats(world: World, team: Team) -> int:
    return int(world.ok("GET", team.path, team.olga)["limits"]["pending_invitations"]["used"])


def opening(world: World, token: str, who: Person | None) -> Response:
    return world.call("POST", "/v1/invitations/preview", who, {"token": token})


def accepting(world: World, token: str, who: Person) -> Response:
    return world.call("POST", "/v1/invitations/accept", who, {"token": token})


def test_the_sign_in_is_still_marks(world: World, team: Team, carl: Person) -> None:
    """R2: the tests here are about a known person."""
    assert world.id_of(carl) == world.id_of(team.carl)


def test_the_inbox_does_not_offer_it_and_listing_ends_it(world: World, team: Team, carl: Person) -> None:
    """R2, R21: with an event by the person, no mail, its seat returned; others' stay, and the count only reads."""
    made, before = invited(world, team), seats(world, team)
    otto = somebody(world, "otto")
    other = world.invite(otto, world.account(otto), NEW)["id"]
    world.pipeline.drain()
    mails = len(world.ses.sent)
    with world.unchanged():
        assert world.ok("GET", "/v1/me", carl)["counts"]["pending_invitations"] == 1
    assert [each["id"] for each in world.ok("GET", "/v1/me/invitations?limit=1", carl)["data"]] == [other]
    assert (status(world, team, made), seats(world, team)) == ("revoked", before - 1)
    event = world.ok("GET", f"{team.path}/history?type=invitation_revoked", team.olga)["data"][0]
    assert (event["actor"], event["data"]["because"]) == (f"customer:{world.id_of(carl)}", "invitee_joined")
    with world.unchanged():
        assert [each["id"] for each in world.ok("GET", "/v1/me/invitations", carl)["data"]] == [other]
    world.pipeline.drain()
    assert len(world.ses.sent) == mails
    assert violations(world) == []


@pytest.mark.parametrize("what", ["revoke", "remove"])
def test_the_inbox_is_answered_when_somebody_else_is_faster(world: World, team: Team, carl: Person, what: str) -> None:
    """R2, I2, in a race: the other change stands, and the list comes without the invitation."""
    made = invited(world, team)
    path = f"{team.path}/invitations/{made}/revoke" if what == "revoke" else f"{team.path}/managers/{world.id_of(carl)}"
    with just_before(COMMIT, lambda: world.ok("POST" if what == "revoke" else "DELETE", path, team.olga)):
        assert world.ok("GET", "/v1/me/invitations", carl)["data"] == []
    waiting = [each["id"] for each in world.ok("GET", "/v1/me/invitations", carl)["data"]]
    assert waiting == ([] if what == "revoke" else [made])
    assert violations(world) == []


def test_an_overdue_one_expires_and_is_not_ended_by_reading(world: World, team: Team, carl: Person) -> None:
    """R2, R20: it ends with a recorded expiry, and its mail to the inviter."""
    invited(world, team)
    with later(days=8):
        late = world.moved(team.carl, NEW, expires_in=90 * 86400)
        with world.unchanged():
            assert world.ok("GET", "/v1/me/invitations", late)["data"] == []


@pytest.mark.parametrize("how", ["link", "inbox"])
def test_accepting_it_ends_it_and_gives_its_seat_back(world: World, team: Team, carl: Person, how: str) -> None:
    """R2, R7, R12, R35: with an event by the person, and no mail; the address can be invited again at once."""
    made, before = invited(world, team), seats(world, team)
    token = world.link_token(NEW)
    mails = len(world.ses.sent)
    for code in ("already_manager", "invitation_revoked"):
        if how == "link":
            answer = accepting(world, token, carl)
        else:
            answer = world.call("POST", f"/v1/me/invitations/{made}/accept", carl)
        assert answer.code == code
    assert (status(world, team, made), seats(world, team)) == ("revoked", before - 1)
    event = world.ok("GET", f"{team.path}/history?type=invitation_revoked", team.olga)["data"][0]
    assert (event["actor"], event["data"]["because"]) == (f"customer:{world.id_of(carl)}", "invitee_joined")
    world.pipeline.drain()
    assert len(world.ses.sent) == mails
    assert invited(world, team) != made
    assert violations(world, quiescent=False) == []


def test_opening_it_signed_in_ends_it(world: World, team: Team, carl: Person) -> None:
    """R2: it tells the person why; without a sign-in the preview just shows it."""
    made = invited(world, team)
    token = world.link_token(NEW)
    with world.unchanged():
        assert opening(world, token, None).status == 200
    opened = opening(world, token, carl)
    assert (opened.status, opened.code) == (410, "invitation_revoked")
    assert "manage this account already" in opened.json["detail"]
    assert (status(world, team, made), opening(world, token, None).code) == ("revoked", "invitation_revoked")
    assert violations(world) == []


def test_nobody_else_ends_it_by_opening_it(world: World, team: Team, carl: Person) -> None:
    """R3, R14, R15: strangers, other managers, an unverified address, a person whose login is off."""
    made = invited(world, team)
    token = world.link_token(NEW)
    unverified = world.moved(team.carl, NEW, email_verified=False)
    stranger = world.person(NEW, sub="dev|somebody-else")
    with world.unchanged():
        for who in (unverified, stranger, team.carl, team.vera, team.olga, somebody(world, "eve")):
            assert opening(world, token, who).status == 200
    world.set_customer(world.id_of(carl), login_activated=False)
    with world.unchanged():
        assert opening(world, token, carl).status == 200
        assert accepting(world, token, carl).code == "login_deactivated"
    assert status(world, team, made) == "pending"


def test_an_account_that_the_person_does_not_manage_is_joined_as_usual(world: World, team: Team) -> None:
    """R2, R15: the counter-example; the record keeps its address."""
    kim = world.person("kim@acme.example", sub="dev|kim")
    kim_id = world.add(team.olga, team.account, kim)
    world.ok("POST", f"{team.path}/leave", kim)
    made = world.invite(team.olga, team.account, "kim@new.example")["id"]
    renamed = world.person("kim@new.example", sub="dev|kim")
    assert opening(world, world.link_token("kim@new.example"), renamed).status == 200
    assert [each["id"] for each in world.ok("GET", "/v1/me/invitations", renamed)["data"]] == [made]
    joined = world.ok("POST", f"/v1/me/invitations/{made}/accept", renamed)
    assert joined["customer_id"] == kim_id


def test_opening_a_link_invitation_does_not_end_it(world: World, team: Team, carl: Person) -> None:
    """R10, R12: it may be meant for somebody else."""
    link = world.ok("POST", f"{team.path}/invitations", team.olga, {"kind": "link"})
    token = link["accept_url"].partition("#")[2]
    with world.unchanged():
        assert opening(world, token, carl).status == 200
        assert accepting(world, token, carl).code == "already_manager"


def test_a_person_may_have_invited_their_own_new_address(world: World, team: Team, carl: Person) -> None:
    """R2, I2: sender and invitee are the same; the sender's list is right afterwards."""
    made = invited(world, team, by=team.carl)
    assert accepting(world, world.link_token(NEW), carl).code == "already_manager"
    assert status(world, team, made) == "revoked"
    assert violations(world) == []


def test_a_manager_removed_at_that_moment_joins_by_it(world: World, team: Team, carl: Person) -> None:
    """R2, I2, I3, in a race: the invitation is useful again, and is not lost."""
    invited(world, team)
    token = world.link_token(NEW)
    path = f"{team.path}/managers/{world.id_of(carl)}"
    with just_before(COMMIT, lambda: world.ok("DELETE", path, team.olga)):
        joined = accepting(world, token, carl)
    assert (joined.status, joined.json["role"]) == (201, "viewer")
    assert violations(world) == []


@pytest.mark.parametrize("what", ["revoke", "resend to another address", "decline"])
def test_it_ends_once_when_somebody_else_is_faster(world: World, team: Team, carl: Person, what: str) -> None:
    """R2, I2, in a race: the other change stands."""
    made = invited(world, team)
    token, path = world.link_token(NEW), f"{team.path}/invitations/{made}"
    world.pipeline.drain()

    def rival() -> None:
        if what == "decline":
            world.ok("POST", "/v1/invitations/decline", None, {"token": token})
        elif what == "revoke":
            world.ok("POST", f"{path}/revoke", team.olga)
        else:
            body = {"email": "other@acme.example", "ticket_url": TICKET}
            support = f"/v1/support/billing-accounts/{team.account}/invitations/{made}/resend"
            assert world.call("POST", support, world.support(), body).status in (200, 429)

    with just_before(COMMIT, rival):
        opened = opening(world, token, carl)
    assert opened.status == 410
    assert violations(world) == []
