"""Support invites on behalf of an account (R17, R19, R60)."""

from datetime import UTC, datetime, timedelta

import time_machine

from chalicelib.functions import schedules
from tests.desk.conftest import CONTRACT, Desk
from tests.events import schedule_event
from tests.gateway import Context
from tests.world import TICKET


def test_support_invites_without_being_the_inviter(desk: Desk) -> None:
    """R17, R60: the invitation is support's own, and the history says which agent's."""
    world = desk.world
    made = desk.ask(
        "POST",
        f"{desk.path}/invitations",
        {"email": "carl@acme.example", "verification": CONTRACT},
        Idempotency_Key="k",
    )
    assert made.status == 201
    assert made.headers["Location"] == f"{desk.path}/invitations/{made.json['id']}"
    assert made.json["invited_by"]["id"] is None
    again = desk.ask(
        "POST",
        f"{desk.path}/invitations",
        {"email": "carl@acme.example", "verification": CONTRACT},
        Idempotency_Key="k",
    )
    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (201, made.json, "true")
    (event,) = desk.history("invitation_created")
    assert (event["actor"], event["data"]["ticket_url"]) == ("admin:sue@support.example", TICKET)
    carl = world.person("carl@acme.example")
    token = world.link_token("carl@acme.example")
    assert world.call("POST", "/v1/invitations/accept", carl, {"token": token}).status == 201
    assert desk.ok("GET", f"{desk.path}/managers")["data"][1]["added_by"] == "admin:sue@support.example"


def test_support_renews_a_managers_invitation_to_a_corrected_address(desk: Desk) -> None:
    """R14, R25: a typo in an address; the sender stays the same."""
    world = desk.world
    invited = world.invite(desk.olga, desk.account, "calr@acme.example")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        sent = desk.ok("POST", f"{desk.path}/invitations/{invited['id']}/resend", {"email": "carl@acme.example"})
    assert (sent["email"], sent["invited_by"]["id"]) == ("carl@acme.example", desk.olga_id)
    assert desk.history("invitation_resent")[0]["data"]["ticket_url"] == TICKET


def test_support_takes_over_an_expired_invitation(desk: Desk) -> None:
    """R14: whoever renews an expired invitation becomes its sender."""
    world = desk.world
    invited = world.invite(desk.olga, desk.account, "carl@acme.example", expires_in_days=1)
    later = datetime.now(UTC) + timedelta(days=2)
    schedules.invitation_schedule({**schedule_event(), "time": later.isoformat()}, Context())
    with time_machine.travel(later):
        path = f"{desk.path}/invitations/{invited['id']}"
        sent = world.ok("POST", f"{path}/resend", world.support(), {"ticket_url": TICKET})
    assert (sent["status"], sent["invited_by"]["id"]) == ("pending", None)


def test_support_revokes_and_a_second_click_changes_nothing(desk: Desk) -> None:
    """R19."""
    world = desk.world
    link = world.ok("POST", f"/v1/billing-accounts/{desk.account}/invitations", desk.olga, {"kind": "link"})
    for made in (world.invite(desk.olga, desk.account, "carl@acme.example"), link):
        path = f"{desk.path}/invitations/{made['id']}/revoke"
        assert [desk.ok("POST", path)["status"] for _ in range(2)] == ["revoked", "revoked"]
    assert len(desk.history("invitation_revoked")) == 2
    assert desk.ask("POST", f"{desk.path}/invitations/inv_none/revoke").code == "invitation_not_found"


def test_support_has_a_quota_too_without_a_name(desk: Desk) -> None:
    """R24, I6: thirty in ten minutes; the counter's key contains no address."""
    path = f"{desk.path}/invitations"
    for number in range(15):
        made = desk.ok("POST", path, {"email": f"b{number}@acme.example", "verification": CONTRACT})
        desk.ok("POST", f"{path}/{made['id']}/revoke")
        desk.ok("POST", path, {"email": f"c{number}@acme.example", "verification": CONTRACT})
    refused = desk.ask("POST", f"{desk.path}/invitations", {"email": "d@acme.example", "verification": CONTRACT})
    assert (refused.status, refused.code) in {(429, "rate_limited"), (409, "pending_limit_reached")}
    assert all("@" not in item["limit_key"]["S"] for item in world_limits(desk))


def world_limits(desk: Desk) -> list[dict[str, dict[str, str]]]:
    return desk.world.items("Limits")
