"""One mail per person for one transfer of ownership: who is told what, and when (R35, R66)."""

from collections import Counter
from collections.abc import Callable

import boto3
import pytest

from chalicelib.functions import transfers
from tests.desk.conftest import CONTRACT, Desk
from tests.events import schedule_event
from tests.gateway import Context
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations
from tests.ses import SentMail

OLGA, ANNA, BEN, VERA, NINA = (f"{name}@acme.example" for name in ("olga", "anna", "ben", "vera", "nina"))
ALL_FIVE = {OLGA, ANNA, BEN, VERA, "carl@acme.example"}
LOOKING_ON = {ANNA, BEN, "carl@acme.example"}  # a viewer may not see addresses


@pytest.fixture
def five(desk: Desk) -> Desk:
    """An account with five people, all of whom have their mails; Zuora's queue is paused until it is released."""
    for name, role in (("anna", "admin"), ("ben", "manager"), ("carl", "manager"), ("vera", "viewer")):
        desk.world.add(desk.olga, desk.account, desk.world.person(f"{name}@acme.example"), role=role)
    settle(desk)
    desk.world.pipeline.zuora_waits = True
    desk.world.ses.sent.clear()
    return desk


def settle(desk: Desk) -> None:
    """Everything that waits is done, and all mails are sent."""
    desk.world.pipeline.drain()
    transfers.nudge_transfers(schedule_event(), Context())
    desk.world.pipeline.drain()


def start(desk: Desk, to: str, **more: object) -> str:
    body = {"from": desk.olga_id, "to": {"email": to}, "verification": CONTRACT, **more}
    transfer = desk.ok("POST", f"{desk.path}/transfer", body)
    settle(desk)
    return str(transfer["id"])


def accept(desk: Desk, token: str | None = None) -> None:
    person = desk.world.person(NINA, given_name="Nina", family_name="New")
    token = token or desk.world.link_token(NINA)
    assert desk.world.call("POST", "/v1/invitations/accept", person, {"token": token}).status == 201


def zuora_works(desk: Desk) -> None:
    desk.world.pipeline.zuora_waits = False
    settle(desk)


def cancel(desk: Desk, transfer: str) -> None:
    desk.ok("POST", f"{desk.path}/transfers/{transfer}/cancel")
    settle(desk)


def told(desk: Desk) -> dict[str, SentMail]:
    """The mails other than those about an invitation, by recipient; fails if a person has two."""
    mails = [mail for mail in desk.world.ses.sent if mail.tags["audience"] != "invitee"]
    assert [to for to, count in Counter(mail.to for mail in mails).items() if count > 1] == []
    return {mail.to: mail for mail in mails}


def text(mail: SentMail) -> str:
    return " ".join(mail.text.split())


def test_a_whole_transfer_sends_one_mail_to_each_of_its_people_and_the_invitation(five: Desk) -> None:
    """R66, R35: nobody is mailed before it is complete; then each is told what it means for them."""
    start(five, NINA)
    accept(five)
    settle(five)
    assert told(five) == {}
    zuora_works(five)
    mails = told(five)
    assert mails.keys() == {OLGA, NINA} | LOOKING_ON
    assert len(five.world.ses.sent) == 6
    assert "has handed the billing account" in text(mails[NINA])
    assert "Your role is: administrator. You are also the Sold To contact" in text(mails[NINA])
    assert "Your access to it has ended" in text(mails[OLGA])
    assert "Nina" not in mails[OLGA].text + mails[OLGA].subject
    assert "over from Olga Owner to Nina New" in text(mails[BEN])
    assert "The new role of Nina New is: administrator." in text(mails[BEN])
    assert {mail.tags["audience"] for mail in mails.values()} == {"new_owner", "old_owner", "others"}
    assert violations(five.world) == []


@pytest.mark.parametrize("times", [2, 3])
def test_duplicate_and_unordered_messages_send_nothing_more(five: Desk, times: int) -> None:
    """R66, I7."""
    start(five, NINA)
    accept(five)
    zuora_works(five)
    before = list(five.world.ses.sent)
    for _ in range(times):
        five.world.pipeline.forget_stream()
        settle(five)
    assert five.world.ses.sent == before


def test_an_existing_manager_who_takes_over_has_one_mail_as_well(five: Desk) -> None:
    """R66: with the requested role; she already managed the account with a lower one."""
    start(five, VERA, role="admin")
    zuora_works(five)
    mails = told(five)
    assert mails.keys() == {OLGA, VERA} | LOOKING_ON
    assert "Your role is: administrator." in text(mails[VERA])
    assert mails[VERA].tags["audience"] == "new_owner"


def test_a_managers_invitation_used_by_a_transfer_is_reported_once(five: Desk) -> None:
    """R66: the final mails include what its acceptance would report."""
    five.world.invite(five.world.person(ANNA), five.account, NINA, role="manager")
    settle(five)
    start(five, NINA)
    accept(five)
    zuora_works(five)
    assert told(five).keys() == {OLGA, NINA} | LOOKING_ON
    assert "Your role is: administrator." in text(told(five)[NINA])


@pytest.mark.parametrize("how", ["cancelled", "declined"])
def test_a_transfer_that_changed_nothing_mails_only_the_invitee(five: Desk, how: str) -> None:
    """R66: a link that was mailed is revoked; a person who declined knows."""
    transfer = start(five, NINA)
    if how == "cancelled":
        cancel(five, transfer)
    else:
        token = five.world.link_token(NINA)
        assert five.world.call("POST", "/v1/invitations/decline", None, {"token": token}).status == 200
        settle(five)
    assert told(five) == {}
    assert len(five.world.mails_to(NINA)) == (2 if how == "cancelled" else 1)


def test_cancelled_after_the_acceptance_the_mails_say_who_joined_and_who_stays(five: Desk) -> None:
    """R66: and that the Sold To change is pending; no further mail when Zuora has it."""
    transfer = start(five, NINA)
    accept(five)
    settle(five)
    cancel(five, transfer)
    mails = told(five)
    assert mails.keys() == {OLGA, NINA} | LOOKING_ON
    assert "not completed it. You help manage the account all the same. Your role is: administrator." in text(
        mails[NINA]
    )
    assert "You have also been chosen as its Sold To contact" in text(mails[NINA])
    assert "You still help manage the account. Nina New helps manage the account now" in text(mails[OLGA])
    assert "Nina New has been chosen as the Sold To contact" in text(mails[BEN])
    zuora_works(five)
    assert told(five) == mails
    assert violations(five.world) == []


def test_cancelled_before_the_acceptance_is_processed_the_mails_still_say_who_joined(five: Desk) -> None:
    """R66: and nothing of a Sold To."""
    transfer = start(five, NINA)
    accept(five)
    five.ok("POST", f"{five.path}/transfers/{transfer}/cancel")
    settle(five)
    mails = told(five)
    assert mails.keys() == {OLGA, NINA} | LOOKING_ON
    assert "Sold To" not in mails[NINA].text + mails[BEN].text + mails[OLGA].text
    assert five.ok("GET", f"{five.path}/transfers/{transfer}")["to_customer_id"] is not None


def test_a_refusal_of_zuora_mails_nobody_and_the_final_mails_are_complete(five: Desk) -> None:
    """R66, R57: support sees the refusal on the transfer."""
    zuora_id = five.ok("GET", five.path)["zuora_account_id"]
    five.world.zuora.state.accounts[zuora_id]["status"] = "Canceled"
    transfer = start(five, NINA)
    accept(five)
    zuora_works(five)
    assert five.ok("GET", f"{five.path}/transfers/{transfer}")["error"].startswith("zuora_refused")
    assert told(five) == {}
    cancel(five, transfer)
    assert told(five).keys() == {OLGA, NINA} | LOOKING_ON


def test_a_failed_transfer_still_reports_what_has_changed(five: Desk) -> None:
    """R66: a manager chose somebody else meanwhile, which is a separate action."""
    transfer = start(five, NINA)
    accept(five)
    settle(five)
    ben = five.world.id_of(five.world.person(BEN))
    five.world.ok("PUT", f"/v1/billing-accounts/{five.account}/contacts/sold-to", five.olga, {"manager_id": ben})
    settle(five)
    shown = five.ok("GET", f"{five.path}/transfers/{transfer}")
    assert (shown["state"], shown["error"]) == ("failed", "sold_to_chosen_otherwise")
    mails = told(five)
    assert mails.keys() == {OLGA, NINA} | LOOKING_ON
    assert "Sold To" not in mails[NINA].text + mails[BEN].text


def test_a_new_owner_who_was_removed_again_is_not_told_they_joined(five: Desk) -> None:
    """R66: the removal has its own mails; the transfer has nothing left to report."""
    transfer = start(five, NINA)
    accept(five)
    five.ok("POST", f"{five.path}/transfers/{transfer}/cancel")
    nina = five.ok("GET", f"{five.path}/transfers/{transfer}")["to_customer_id"]
    five.ok("POST", f"{five.path}/managers/{nina}/remove", {"reason": "A mistake"})
    settle(five)
    assert {mail.tags["audience"] for mail in five.world.mails_to(NINA)} <= {"invitee", "person"}
    assert all("no longer" in mail.subject for mail in told(five).values())


def test_an_old_owner_who_left_before_is_not_mailed_twice(five: Desk) -> None:
    """R66, R30: leaving was their own action."""
    start(five, NINA)
    accept(five)
    settle(five)
    left = {"reason": "Gone", "override_contact": True}
    five.ok("POST", f"{five.path}/managers/{five.olga_id}/remove", left)
    settle(five)
    assert len(five.world.mails_to(OLGA)) == 1
    five.world.ses.sent.clear()
    zuora_works(five)
    assert told(five).keys() == {NINA} | LOOKING_ON


@pytest.mark.parametrize("end", ["cancelled", "expired and sent again"])
def test_an_invitation_that_outlives_its_transfer_is_mailed_about_as_usual(five: Desk, end: str) -> None:
    """R66: its acceptance no longer belongs to a transfer."""
    anna = five.world.person(ANNA)
    invitation = five.world.invite(anna, five.account, NINA, role="manager")["id"]
    settle(five)
    transfer = start(five, NINA)
    if end == "cancelled":
        cancel(five, transfer)
    else:
        expire(five, invitation)
        settle(five)
        path = f"/v1/billing-accounts/{five.account}/invitations/{invitation}/resend"
        five.world.ok("POST", path, anna, {})
        settle(five)
    five.world.ses.sent[:] = five.world.mails_to(NINA)
    accept(five)
    settle(five)
    assert told(five).keys() == {NINA, OLGA} | LOOKING_ON
    assert {mail.tags["audience"] for mail in told(five).values()} == {"person", "others"}


def expire(desk: Desk, invitation: str) -> None:
    """It has expired, and its mail went out long ago."""
    table = boto3.resource("dynamodb").Table("Invitations")
    table.update_item(
        Key={"account_id": desk.account, "invitation_id": invitation},
        UpdateExpression="SET expires_at = :then, last_sent_at = :then",
        ExpressionAttributeValues={":then": "2020-01-01T00:00:00.000000+0000"},
    )


@pytest.mark.parametrize("first", ["the transfer", "the acceptance"])
def test_a_transfer_and_an_acceptance_at_once_are_reported_once(five: Desk, first: str) -> None:
    """R66, I1: the loser rereads, so that the acceptance names the transfer if the transfer waits for it."""
    five.world.invite(five.world.person(ANNA), five.account, NINA, role="manager")
    token = five.world.link_token(NINA)
    body = {"from": five.olga_id, "to": {"email": NINA}, "verification": CONTRACT}
    five.ok("POST", f"{five.path}/transfer", body)
    nudge: Callable[[], object] = lambda: transfers.nudge_transfers(schedule_event(), Context())  # noqa: E731
    if first == "the transfer":
        with just_before(COMMIT, nudge):
            accept(five, token)
    else:
        with just_before(COMMIT, lambda: accept(five, token)):
            nudge()
    zuora_works(five)
    if first == "the transfer":
        assert told(five).keys() == {OLGA, NINA} | LOOKING_ON
    else:  # an action of its own before the transfer has done anything
        assert len([mail for mail in five.world.mails_to(NINA) if mail.tags["audience"] == "person"]) == 1
        (ended,) = five.history("transfer_ended")
        assert ended["data"]["new_manager"] == "raised"  # she already managed the account


def test_an_end_and_an_acceptance_at_once_name_the_transfer_only_while_it_is_open(five: Desk) -> None:
    """R66: the invitation is a manager's, and stays; its acceptance after the end is mailed as usual."""
    five.world.invite(five.world.person(ANNA), five.account, NINA, role="manager")
    settle(five)
    transfer = start(five, NINA)
    token = five.world.link_token(NINA)
    with just_before(COMMIT, lambda: five.ok("POST", f"{five.path}/transfers/{transfer}/cancel")):
        accept(five, token)
    settle(five)
    assert told(five).keys() == {NINA, OLGA} | LOOKING_ON
    assert {mail.tags["audience"] for mail in told(five).values()} == {"person", "others"}


def test_an_acceptance_just_before_the_end_is_in_the_final_mails(five: Desk) -> None:
    """R66: the new manager is named, although the transfer was read before they joined."""
    five.world.invite(five.world.person(ANNA), five.account, NINA, role="manager")
    settle(five)
    transfer = start(five, NINA)
    token = five.world.link_token(NINA)
    with just_before(COMMIT, lambda: accept(five, token)):
        five.ok("POST", f"{five.path}/transfers/{transfer}/cancel")
    settle(five)
    assert told(five).keys() == {NINA, OLGA} | LOOKING_ON
    assert {mail.tags["audience"] for mail in told(five).values()} == {"new_owner", "old_owner", "others"}
