"""The delivery state of the newest mail to a person, as support sees it on the customer (R25)."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.invitations.aws import given_back, tell
from tests.contract import ses_samples
from tests.desk.conftest import Desk
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations

GINA = "gina@acme.example"


def state(desk: Desk, customer_id: str) -> Any:
    return desk.ok("GET", f"/v1/support/customers/{customer_id}")["mail"]


@pytest.fixture
def gina(desk: Desk) -> str:
    """A manager by grant, who was sent a welcome mail; her id."""
    granted = desk.grant(GINA)
    assert state(desk, granted["id"]) is None
    desk.world.pipeline.drain()
    return str(granted["id"])


def tags(desk: Desk, email: str = GINA) -> Mapping[str, str]:
    return desk.world.mails_to(email)[-1].tags


@pytest.mark.parametrize(
    ("news", "known", "reason", "suppressed"),
    [
        ("delivery", "delivered", None, False),
        ("bounce-permanent", "bounced", "smtp; 550 5.1.1 <recipient@example.com>: user unknown", True),
        ("bounce-transient", "failed", "smtp; 552 5.2.2 mailbox full", False),
        ("bounce-undetermined", "failed", "Undetermined", False),
        ("complaint", "complained", "abuse", True),
        ("reject", "failed", "Bad content", False),
    ],
)
def test_the_delivery_state_of_a_welcome_shows_on_the_customer(
    desk: Desk, gina: str, news: str, known: str, reason: str | None, *, suppressed: bool
) -> None:
    """R25: with the reason; only a hard bounce suppresses later mails, and exactly to this address."""
    assert state(desk, gina)["state"] == "sent"
    tell(news, tags(desk))
    found = state(desk, gina)
    assert (found["state"], found["reason"]) == (known, reason)
    assert found["at"].startswith("2026-11-02T09:30:0")
    with desk.world.unchanged():
        tell(news, tags(desk))
    assert desk.ok("GET", f"/v1/support/suppressions?email={GINA}")["suppressed"] is suppressed
    assert violations(desk.world) == []


@pytest.mark.parametrize("news", ["delivery-delay", "send", "open", "click", "subscription"])
def test_a_state_that_is_not_final_changes_nothing(desk: Desk, gina: str, news: str) -> None:
    """R25: a delay is not the end."""
    with desk.world.unchanged():
        tell(news, tags(desk))
        assert given_back(ses_samples.about("complaint", tags(desk)).replace("abuse", "not-spam")) == []


@pytest.mark.parametrize(
    "order",
    [
        "delivery, bounce-permanent: bounced",
        "bounce-permanent, delivery: bounced",
        "delivery, bounce-transient: delivered",
        "bounce-transient, delivery: failed",
        "complaint, bounce-permanent: complained",
    ],
)
def test_feedback_on_a_customers_mail_may_arrive_in_any_order(desk: Desk, gina: str, order: str) -> None:
    """R25: an automatic reply after the delivery does not count."""
    come, known = order.split(": ")
    for news in come.split(", "):
        tell(news, tags(desk))
    assert state(desk, gina)["state"] == known


def test_a_newer_mail_replaces_an_older_one_and_old_feedback_only_suppresses(desk: Desk, gina: str) -> None:
    """R25: the newest mail counts; a bounced address gets no mail all the same."""
    welcome = tags(desk)
    tell("bounce-transient", welcome)
    desk.ok("PATCH", f"{desk.path}/managers/{gina}", {"role": "viewer"})
    desk.world.pipeline.drain()
    assert (state(desk, gina)["state"], state(desk, gina)["reason"]) == ("sent", None)
    with desk.world.unchanged():
        tell("delivery", welcome)
    tell("bounce-permanent", welcome)
    assert (state(desk, gina)["state"], state(desk, gina)["reason"]) == ("sent", None)
    assert desk.ok("GET", f"/v1/support/suppressions?email={GINA}")["suppressed"] is True
    tell("delivery", tags(desk))
    assert state(desk, gina)["state"] == "delivered"


def test_old_feedback_read_before_a_newer_mail_changes_nothing(desk: Desk, gina: str) -> None:
    """R25: the newer mail goes out between reading and writing."""
    welcome = tags(desk)
    with just_before(COMMIT, lambda: _newer(desk, gina)):
        tell("bounce-permanent", welcome)
    assert state(desk, gina)["state"] == "sent"


def test_of_two_states_at_once_the_later_one_is_kept(desk: Desk, gina: str) -> None:
    """R25: a bounce between reading and writing the delivery."""
    with just_before(COMMIT, lambda: tell("bounce-permanent", tags(desk))):
        tell("delivery", tags(desk))
    assert state(desk, gina)["state"] == "bounced"


def test_a_mail_to_a_suppressed_address_has_failed(desk: Desk, gina: str) -> None:
    """R25."""
    tell("bounce-permanent", tags(desk))
    desk.ok("PATCH", f"{desk.path}/managers/{gina}", {"role": "viewer"})
    desk.world.pipeline.drain()
    assert (state(desk, gina)["state"], state(desk, gina)["reason"]) == ("failed", "suppressed")
    assert len(desk.world.mails_to(GINA)) == 1


def test_the_farewell_to_an_old_address_does_not_change_the_persons_state(desk: Desk, gina: str) -> None:
    """R25: but a bounce suppresses that address."""
    desk.ok("PATCH", f"/v1/support/customers/{gina}", {"email": "gina@new.example"})
    desk.world.pipeline.drain()
    farewell = tags(desk)
    assert farewell["audience"] == "old"
    tell("bounce-permanent", farewell)
    assert state(desk, gina)["state"] == "sent"
    assert desk.ok("GET", f"/v1/support/suppressions?email={GINA}")["suppressed"] is True
    assert desk.ok("GET", "/v1/support/suppressions?email=gina@new.example")["suppressed"] is False


def test_every_mail_names_its_recipient_by_a_pseudonym(desk: Desk, gina: str) -> None:
    """R25, I6: so that feedback finds exactly the address; no tag contains an address."""
    desk.world.invite(desk.olga, desk.account, "new@acme.example")
    desk.ok("PATCH", f"/v1/support/customers/{gina}", {"email": "gina@new.example"})
    desk.world.pipeline.drain()
    sent = desk.world.ses.sent
    assert len({mail.to for mail in sent}) == len({mail.tags["recipient"] for mail in sent}) > 2
    assert "@" not in str([mail.tags for mail in sent])


def test_feedback_on_a_person_being_erased_is_dropped(desk: Desk, gina: str) -> None:
    """R25: mail servers like to quote the address; none of it is stored after erasing."""
    tell("bounce-transient", tags(desk))
    newer = _newer(desk, gina)
    erase = {"confirm_email": GINA}
    with just_before(COMMIT, lambda: desk.ok("POST", f"/v1/support/customers/{gina}/erase", erase)):
        tell("bounce-permanent", newer)
    assert state(desk, gina) is None
    assert "5.1.1" not in str(desk.world.items("Customers"))
    tell("bounce-permanent", {**tags(desk), "event_id": "evt_9"})
    assert "5.1.1" not in str(desk.world.items("Customers"))
    tell("bounce-permanent", {**tags(desk), "customer_id": "cus_unknown"})


def _newer(desk: Desk, gina: str) -> Mapping[str, str]:
    """The tags of a mail to her after the welcome."""
    desk.ok("PATCH", f"{desk.path}/managers/{gina}", {"role": "viewer"})
    desk.world.pipeline.drain()
    return tags(desk)
