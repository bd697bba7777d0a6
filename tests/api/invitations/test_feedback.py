"""Delivery feedback: what SES reports about a mail appears on its invitation (R25)."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.invitations.aws import given_back, tell
from tests.api.team import Team, later, somebody
from tests.captured_output import written
from tests.contract import ses_samples
from tests.integration.interleaving import COMMIT, just_before
from tests.world import TICKET, World

NEW = "new@acme.example"
NO_NEWS = ("delivery-delay", "send", "open", "click", "subscription")


@pytest.fixture
def made(world: World, team: Team) -> Any:
    """An invitation of Carl's whose mail went out."""
    invitation = world.invite(team.carl, team.account, NEW)
    world.pipeline.drain()
    return invitation


@pytest.fixture
def tags(world: World, made: Any) -> Mapping[str, str]:
    """The tags of its mail."""
    (mail,) = world.mails_to(NEW)
    assert mail.tags["invitation_id"] == made["id"]
    return mail.tags


def _suppressed(world: World, tags: Mapping[str, str]) -> str | None:
    """Why the address that received the mail with these tags is suppressed; None if it is not."""
    marks = {item["limit_key"]["S"]: item.get("reason", {}).get("S") for item in world.items("Limits")}
    return marks.get(f"suppressed-address#{tags['recipient']}")


def _delivery(world: World, team: Team, made: Any) -> Any:
    return world.ok("GET", f"{team.path}/invitations/{made['id']}", team.olga)["delivery"]


@pytest.mark.parametrize(
    "told",
    [
        ("delivery", "delivered", None),
        ("bounce-permanent", "bounced", "smtp; 550 5.1.1 <recipient@example.com>: user unknown"),
        ("bounce-without-dsn", "bounced", "NoEmail"),
        ("complaint", "complained", "abuse"),
        ("complaint-without-report", "complained", None),
        ("reject", "failed", "Bad content"),
        ("bounce-transient", "failed", "smtp; 552 5.2.2 mailbox full"),
        ("bounce-undetermined", "failed", "Undetermined"),
        ("rendering-failure", "failed", "Attribute 'name' is not present in the rendering data."),
    ],
    ids=lambda told: told[0],
)
def test_feedback_appears_on_the_invitation(
    world: World, team: Team, made: Any, tags: Mapping[str, str], told: tuple[str, str, str | None]
) -> None:
    """R25: with SES's time; a duplicate changes nothing, and the invitation's status stays."""
    news, state, reason = told
    assert _delivery(world, team, made)["state"] == "sent"
    tell(news, tags)
    at = "2026-11-02T09:30:00.000Z" if news in ("reject", "rendering-failure") else "2026-11-02T09:30:04.250Z"
    assert _delivery(world, team, made) == {"state": state, "at": at, "reason": reason}
    with world.unchanged():
        tell(news, tags)
    assert world.call("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": _link(world)}).status == 201


@pytest.mark.parametrize("news", NO_NEWS)
def test_a_state_that_is_not_final_changes_nothing(world: World, made: Any, tags: Mapping[str, str], news: str) -> None:
    """R25: a slow server may still take the mail; SES goes on trying."""
    assert made["status"] == "pending"
    with world.unchanged():
        tell(news, tags)


@pytest.mark.parametrize(
    "order",
    [
        "delivery, bounce-permanent: bounced",
        "bounce-permanent, delivery: bounced",
        "complaint, delivery, bounce-permanent: complained",
        "bounce-permanent, complaint: complained",
        "reject, delivery: failed",
        "delivery, reject: delivered",
        "delivery, bounce-transient: delivered",
        "bounce-transient, delivery: failed",
        "bounce-transient, bounce-permanent: failed",
        "bounce-undetermined, bounce-transient: failed",
    ],
)
def test_feedback_on_a_customers_mail_may_arrive_in_any_order(
    world: World, team: Team, made: Any, tags: Mapping[str, str], order: str
) -> None:
    """R25: a later delivery state is never replaced by an earlier one; one bounce, at most one mail."""
    come, state = order.split(": ")
    for news in come.split(", "):
        tell(news, tags)
    assert _delivery(world, team, made)["state"] == state
    assert world.events(team.account).count("invitation_bounced") <= 1


def test_only_the_inviter_is_told_of_a_hard_bounce(
    world: World, team: Team, made: Any, tags: Mapping[str, str]
) -> None:
    """R25, R27, R35: with the address and the server's reason, which cannot pose as our words."""
    said = ses_samples.about("bounce-permanent", tags).replace(
        "user unknown", "call +49 800 1234567 or www.evil.example"
    )
    assert given_back(said, said) == []
    world.ses.sent.clear()
    world.pipeline.drain()
    (told,) = world.ses.sent
    assert (told.to, told.tags["audience"]) == (team.carl.email, "inviter")
    assert NEW in told.text
    assert "550 5" in told.text
    assert "www.evil.example" not in told.text + told.html
    assert "1234567" not in told.text + told.html
    (entry,) = world.ok("GET", f"{team.path}/history?type=invitation_bounced", team.olga)["data"]
    assert (entry["actor"], entry["subject"]) == ("system:feedback", f"invitation:{made['id']}")
    assert "@" not in str(entry["data"])


@pytest.mark.parametrize("news", ["bounce-transient", "bounce-undetermined"])
def test_a_bounce_that_is_not_hard_is_told_to_the_inviter_and_suppresses_nobody(
    world: World, team: Team, made: Any, tags: Mapping[str, str], news: str
) -> None:
    """R25: it is final; the address is mailed again when somebody asks for it."""
    world.ses.sent.clear()
    with later(minutes=2):
        tell(news, tags)
        tell(news, tags)
        world.pipeline.drain()
        (told,) = world.ses.sent
        assert (told.to, told.tags["audience"]) == (team.carl.email, "inviter")
        world.ok("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
        world.pipeline.drain()
    assert len(world.mails_to(NEW)) == 1
    assert _delivery(world, team, made)["state"] == "sent"


def test_nobody_is_told_of_an_automatic_reply_after_delivery(world: World, tags: Mapping[str, str], team: Team) -> None:
    """R25: out of office."""
    tell("delivery", tags)
    world.ses.sent.clear()
    with world.unchanged():
        tell("bounce-transient", tags)
    world.pipeline.drain()
    assert world.ses.sent == []


@pytest.mark.parametrize("kind", ["not-spam", "Not-Spam"])
def test_a_not_spam_report_changes_nothing(world: World, tags: Mapping[str, str], kind: str) -> None:
    """R25."""
    with world.unchanged():
        assert given_back(ses_samples.about("complaint", tags).replace("abuse", kind)) == []


@pytest.mark.parametrize("end", ["revoked", "accepted"])
def test_nobody_is_told_of_a_bounce_after_the_invitation_ended(
    world: World, team: Team, made: Any, tags: Mapping[str, str], end: str
) -> None:
    """R25, R35: it is recorded, and the mailbox is suppressed all the same."""
    if end == "revoked":
        world.ok("POST", f"{team.path}/invitations/{made['id']}/revoke", team.olga)
    else:
        world.ok("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": _link(world)})
    world.pipeline.drain()
    world.ses.sent.clear()
    tell("bounce-permanent", tags)
    world.pipeline.drain()
    assert world.ses.sent == []
    assert _delivery(world, team, made)["state"] == "bounced"


@pytest.mark.parametrize("news", ["bounce-permanent", "complaint"])
def test_a_suppressed_address_gets_no_mail_from_any_account(
    world: World, team: Team, tags: Mapping[str, str], news: str
) -> None:
    """R13, R25: inviting answers as always, and the other account only learns that the mail failed."""
    tell(news, tags)
    otto = world.person("otto@beta.example")
    account = world.account(otto)
    world.ses.sent.clear()
    answer = world.invite(otto, account, NEW.upper())
    assert answer["delivery"]["state"] == "queued"
    world.pipeline.drain()
    assert world.mails_to(NEW) == []
    seen = world.ok("GET", f"/v1/billing-accounts/{account}/invitations/{answer['id']}", otto)
    assert (seen["status"], seen["delivery"]["state"]) == ("pending", "failed")
    assert "550" not in str(seen)
    new = somebody(world, "new")
    assert world.call("POST", f"/v1/me/invitations/{answer['id']}/accept", new).status == 201


BROTHERS = [
    ("bob+zz@corp.example", "bob@corp.example"),
    ("bob@corp.example", "bob+zz@corp.example"),
    ("bob+a@corp.example", "bob+b@corp.example"),
    ("b.ob@gmail.com", "bob@gmail.com"),
    ("bob@googlemail.com", "bob@gmail.com"),
]


@pytest.mark.parametrize(("bounced", "other"), BROTHERS)
def test_a_bounce_suppresses_exactly_one_address(world: World, team: Team, bounced: str, other: str) -> None:
    """R25, R1: quotas fold tags and dots, suppression does not; the owner of a similar address gets every mail."""
    bob = world.person(other)
    account = world.account(bob)
    world.invite(team.carl, team.account, bounced)
    world.pipeline.drain()
    tell("bounce-permanent", world.mails_to(bounced)[0].tags)
    world.pipeline.drain()
    world.ses.sent.clear()
    world.ok("POST", "/v1/invitations/accept", somebody(world, "new"), {"token": _joining(world, bob, account)})
    world.invite(team.carl, team.account, other)
    world.pipeline.drain()
    assert {mail.tags["audience"] for mail in world.mails_to(other)} == {"others", "invitee"}


def _joining(world: World, owner: Any, account: str) -> str:
    world.invite(owner, account, NEW)
    return world.link_token(NEW)


def test_a_suppression_ends_on_time_even_if_its_item_is_still_there(
    world: World, team: Team, made: Any, tags: Mapping[str, str]
) -> None:
    """R25: DynamoDB deletes late; exact to the second."""
    tell("bounce-permanent", tags)
    path = f"{team.path}/invitations/{made['id']}/resend"
    with later(days=30, seconds=-30):
        assert world.call("POST", path, somebody(world, "olga")).code == "recipient_suppressed"
        assert world.call("POST", path, somebody(world, "olga"), {"email": NEW}).code == "recipient_suppressed"
    assert [item["limit_key"]["S"] for item in world.items("Limits") if "reason" in item]
    with later(days=30, seconds=30):
        world.ok("POST", path, somebody(world, "olga"))
        world.pipeline.drain()
        assert len(world.mails_to(NEW)) == 2


def test_an_address_suppressed_just_before_sending_gets_no_mail(world: World, team: Team, made: Any) -> None:
    """R25: the mail of another account to the same person bounces between reading and writing."""
    otto = world.person("otto@beta.example")
    world.invite(otto, world.account(otto), NEW)
    world.pipeline.drain()
    others = world.mails_to(NEW)[1].tags
    with later(minutes=2), just_before(COMMIT, lambda: tell("bounce-permanent", others)):
        answer = world.call("POST", f"{team.path}/invitations/{made['id']}/resend", somebody(world, "olga"))
    assert (answer.status, answer.code) == (409, "recipient_suppressed")
    assert _delivery(world, team, made)["state"] == "sent"


def test_feedback_on_an_older_mail_does_not_affect_the_newest_one(
    world: World, team: Team, made: Any, tags: Mapping[str, str]
) -> None:
    """R14, R25: late feedback about the mistyped address suppresses only that address."""
    with later(minutes=2):
        path = f"{team.path}/invitations/{made['id']}/resend"
        world.ok("POST", path, somebody(world, "olga"), {"email": "right@acme.example"})
        world.pipeline.drain()
        seen, everything = _delivery(world, team, made), world.everything()
        for news in ("delivery", "reject", "bounce-transient", "bounce-permanent", "complaint"):
            tell(news, tags)
        assert _delivery(world, team, made) == seen
        now = world.everything()
        assert {table for table in now if now[table] != everything[table]} == {"Limits"}
        assert _suppressed(world, tags) == "bounced"
        assert _suppressed(world, world.mails_to("right@acme.example")[0].tags) is None
        tell("delivery", world.mails_to("right@acme.example")[0].tags)
        assert _delivery(world, team, made)["state"] == "delivered"


def test_a_complaint_of_an_older_mail_to_the_same_address_stops_the_next(
    world: World, team: Team, made: Any, tags: Mapping[str, str]
) -> None:
    """R25: people complain a day later; a suppression that support lifted stays lifted when a duplicate arrives."""
    with later(minutes=2):
        path = f"{team.path}/invitations/{made['id']}/resend"
        world.ok("POST", path, somebody(world, "olga"))
        world.pipeline.drain()
        tell("complaint", tags)
        assert _delivery(world, team, made)["state"] == "sent"
    with later(minutes=4):
        refused = world.call("POST", path, somebody(world, "olga"))
        assert (refused.status, refused.code) == (409, "recipient_suppressed")
        body = {"email": made["email"], "ticket_url": TICKET}
        world.ok("POST", "/v1/support/suppressions/lift", world.support(), body)
        with world.unchanged():
            tell("complaint", tags)
        world.ok("POST", path, somebody(world, "olga"))


def test_feedback_on_unknown_or_foreign_mails_is_ignored(world: World, team: Team, tags: Mapping[str, str]) -> None:
    """R25: other services share the topic, and SES sends a greeting to a new one."""
    unknown = {**tags, "invitation_id": "inv_01ARZ3NDEKTSV4RRFFQ69G5FAV0123456789"}
    with world.unchanged():
        assert given_back(
            ses_samples.about("bounce-permanent", unknown),
            ses_samples.about("bounce-permanent", {**tags, "account_id": "acc_unknown"}),
            ses_samples.ALL["notification-bounce"],
            ses_samples.ALL["greeting-of-a-topic"],
            ses_samples.raw("greeting-of-a-topic"),
            ses_samples.ALL["greeting-of-an-identity"],
        ) == []  # fmt: skip
    assert world.events(team.account).count("invitation_bounced") == 0


def test_unreadable_feedback_fails_alone_and_leaks_nothing_into_the_logs(
    world: World, team: Team, made: Any, tags: Mapping[str, str]
) -> None:
    """R25, S16: the rest of its batch is processed; it is retried and ends as a dead letter."""
    bad = ["no JSON", '{"eventType": "Bounce"}', ses_samples.about("delivery", {**tags, "generation": "x"})]
    with written() as output:
        assert given_back(bad[0], ses_samples.about("delivery", tags), *bad[1:]) == bad
    assert _delivery(world, team, made)["state"] == "delivered"
    assert "@" not in output.getvalue()


def test_feedback_cannot_be_sent_over_http(world: World) -> None:
    """R25: there is no public endpoint for it."""
    for path in ("/v1/feedback", "/v1/callouts/ses", "/feedback", "/v1/ses"):
        assert world.call("POST", path, None, {"Type": "Notification"}).status == 404


def _link(world: World) -> str:
    return world.link_token(NEW)
