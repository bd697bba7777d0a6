"""Suppressed addresses at the desk: looked up and lifted (R25)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.api.invitations.aws import tell
from tests.desk.cli_runner import FOR, Terminal, has
from tests.desk.conftest import Desk
from tests.integration.interleaving import COMMIT, just_before
from tests.integration.store_fixtures import meanwhile
from tests.invariants import violations
from tests.world import TICKET

NEW = "new@acme.example"
LIFT = "/v1/support/suppressions/lift"


def seen(desk: Desk, email: str = NEW) -> Any:
    return desk.ok("GET", f"/v1/support/suppressions?email={email.replace('+', '%2B')}")


@pytest.fixture
def invitation(desk: Desk) -> str:
    """An invitation by Olga whose mail bounced."""
    made = desk.world.invite(desk.olga, desk.account, NEW)
    desk.world.pipeline.drain()
    tell("bounce-permanent", desk.world.mails_to(NEW)[0].tags)
    return str(made["id"])


def resend(desk: Desk, invitation: str) -> Any:
    return desk.world.call("POST", f"/v1/billing-accounts/{desk.account}/invitations/{invitation}/resend", desk.olga)


def test_the_suppression_of_exactly_one_address_is_shown(desk: Desk, invitation: str) -> None:
    """R25, R60: why and until when; to read-only agents too. An address that never bounced is simply not suppressed."""
    found = seen(desk, "New@ACME.example")
    assert (found["email"], found["suppressed"], found["reason"]) == (NEW, True, "bounced")
    until = datetime.fromisoformat(found["until"])
    assert timedelta(days=29, hours=23) < until - datetime.now(UTC) <= timedelta(days=30)
    assert desk.world.ok("GET", f"/v1/support/suppressions?email={NEW}", desk.rob) == found
    for other in ("new+again@acme.example", "nobody@acme.example"):
        assert seen(desk, other) == {
            "email": other, "suppressed": False, "reason": None, "until": None, "last_lifted": None,
        }  # fmt: skip
    with time_machine.travel(until, tick=False):
        sue = desk.world.support()
        assert desk.world.ok("GET", f"/v1/support/suppressions?email={NEW}", sue)["suppressed"] is False


def test_support_lifts_it_and_the_address_is_mailed_again(desk: Desk, invitation: str) -> None:
    """R25, R60, I6: with a ticket; the history has the address as a pseudonym."""
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=True):
        assert resend(desk, invitation).code == "recipient_suppressed"
        desk.ok("POST", LIFT, {"email": NEW})
        assert seen(desk)["suppressed"] is False
        assert resend(desk, invitation).status == 200
        desk.world.pipeline.drain()
    assert len(desk.world.mails_to(NEW)) == 2
    (event,) = [each for each in desk.world.pipeline.history() if each["type"]["S"] == "suppression_lifted"]
    assert event["actor"]["S"] == "admin:sue@support.example"
    assert TICKET in event["data"]["S"]
    assert NEW not in str(event)
    assert event["stream"]["S"] == event["subject"]["S"].replace("address:", "address#")
    assert violations(desk.world) == []


def test_the_last_lifting_is_shown_for_an_unknown_persons_address(desk: Desk, invitation: str) -> None:
    """R40, R60: the agent, the time, the ticket, to all agents; of exactly that address, and the newest."""
    assert seen(desk)["last_lifted"] is None
    for ticket in (TICKET, f"{TICKET}-again"):
        desk.world.ok("POST", LIFT, desk.sue, {"email": NEW, "ticket_url": ticket})
        found = desk.world.ok("GET", f"/v1/support/suppressions?email={NEW}", desk.rob)
        last = found["last_lifted"]
        assert (found["suppressed"], last["type"], last["actor"]) == (
            False, "suppression_lifted", "admin:sue@support.example",
        )  # fmt: skip
        assert last["data"] == {"reason": "bounced", "ticket_url": ticket}
        assert abs(datetime.fromisoformat(last["at"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert NEW not in str(last)
        _mark_again(desk)
        assert seen(desk) == {**found, "suppressed": True, "reason": "bounced", "until": seen(desk)["until"]}
    assert seen(desk, "new+1@acme.example")["last_lifted"] is None


def _mark_again(desk: Desk) -> None:
    """As after another bounce."""
    (mark,) = [item for item in desk.world.items("Limits") if item["limit_key"]["S"].startswith("suppressed-address#")]
    later = int((datetime.now(UTC) + timedelta(days=30)).timestamp())
    meanwhile("Limits", {"limit_key": mark["limit_key"]["S"]}, ttl=later)


def test_lifting_what_is_not_suppressed_changes_nothing(desk: Desk, invitation: str) -> None:
    """R25: a second click, and an address that only looks alike, change nothing."""
    with desk.world.unchanged():
        desk.ok("POST", LIFT, {"email": "new+1@acme.example"})
    desk.ok("POST", LIFT, {"email": NEW})
    with desk.world.unchanged():
        desk.ok("POST", LIFT, {"email": NEW})


def test_lifting_is_in_the_history_of_the_customer_with_the_address(desk: Desk, invitation: str) -> None:
    """R40."""
    made = desk.ok("POST", "/v1/support/customers", {"email": NEW, "first_name": "Nina", "last_name": "New"})
    desk.ok("POST", LIFT, {"email": NEW})
    (entry,) = desk.ok("GET", f"/v1/support/customers/{made['id']}/history?type=suppression_lifted")["data"]
    assert (entry["actor"], entry["data"]["reason"]) == ("admin:sue@support.example", "bounced")


def test_no_agent_lifts_it_for_their_own_address(desk: Desk) -> None:
    """R60, R67."""
    desk.world.invite(desk.olga, desk.account, "sue@support.example")
    desk.world.pipeline.drain()
    tell("complaint", desk.world.mails_to("sue@support.example")[0].tags)
    with desk.world.unchanged():
        answer = desk.ask("POST", LIFT, {"email": "sue@support.example"})
        assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.parametrize("body", [{}, {"email": "nonsense"}, {"email": NEW, "why": "so"}, {"email": None}])
def test_lifting_needs_one_address_and_a_ticket(desk: Desk, invitation: str, body: dict[str, Any]) -> None:
    """R60."""
    with desk.world.unchanged():
        assert desk.ask("POST", LIFT, body).code == "validation_failed"
        assert desk.world.call("POST", LIFT, desk.sue, {"email": NEW}).code == "validation_failed"
        assert desk.ask("GET", "/v1/support/suppressions").code == "validation_failed"
        assert desk.world.call("POST", LIFT, desk.rob, {"email": NEW, "ticket_url": TICKET}).status == 403


def test_a_suppression_renewed_meanwhile_is_lifted_in_its_new_state(desk: Desk, invitation: str) -> None:
    """R25: the newer one is reread, and one event says what was lifted."""
    with just_before(COMMIT, lambda: _renew(desk)):
        desk.ok("POST", LIFT, {"email": NEW})
    assert seen(desk)["suppressed"] is False
    (event,) = [each for each in desk.world.pipeline.history() if each["type"]["S"] == "suppression_lifted"]
    assert '"reason": "complained"' in event["data"]["S"]


def _renew(desk: Desk) -> None:
    """The suppression lasts a second longer than was read, and for another reason."""
    (mark,) = [item for item in desk.world.items("Limits") if item["limit_key"]["S"].startswith("suppressed-address#")]
    meanwhile("Limits", {"limit_key": mark["limit_key"]["S"]}, ttl=int(mark["ttl"]["N"]) + 1, reason="complained")


def test_the_tool_shows_and_lifts(desk: Desk, invitation: str, terminal: Terminal) -> None:
    """R25: after saying what is lifted; the refusal of a resend names the command."""
    has(terminal.run("suppression", "show", NEW), NEW, "is suppressed until", "bounced")
    has(terminal.run("suppression", "show", "new+1@acme.example"), "new+1@acme.example is not suppressed")
    with desk.world.unchanged():
        has(terminal.run("suppression", "lift", NEW, *FOR, answer="n"), "is suppressed until", "Mail it again?", code=1)
    has(terminal.run("suppression", "lift", NEW, *FOR, "--yes"), f"Mails go to {NEW}.")
    has(terminal.run("--json", "suppression", "show", NEW), '"suppressed": false')
    has(terminal.run("suppression", "show", NEW), "is not suppressed", "Last lifted by admin:sue@", "at 20", TICKET)
