"""Support removes a manager, even the last one where necessary (R31, R32, R63)."""

from tests.desk.conftest import Desk
from tests.world import TICKET


def test_a_manager_is_removed_with_the_invitations_they_sent(desk: Desk) -> None:
    """R22, R63, I5: at once, with an event each, and a mail."""
    world = desk.world
    carl = world.person("carl@acme.example")
    carl_id = world.join(desk.olga, desk.account, carl)
    invited = world.invite(carl, desk.account, "thea@acme.example")
    assert desk.ask("POST", f"{desk.path}/managers/{carl_id}/remove", {"reason": "Left the company"}).status == 204
    assert world.call("GET", f"/v1/billing-accounts/{desk.account}", carl).code == "account_not_found"
    (event,) = desk.history("manager_removed")
    assert (event["actor"], event["data"]["ticket_url"]) == ("admin:sue@support.example", TICKET)
    assert (event["data"]["reason"], event["data"]["allow_last"]) == ("Left the company", False)
    path = f"{desk.path}/invitations/{invited['id']}"
    assert desk.ok("GET", path)["status"] == "revoked"
    world.pipeline.drain()
    assert "no longer" in world.mails_to("carl@acme.example")[-1].subject
    assert desk.ask("POST", f"{desk.path}/managers/{carl_id}/remove", {"reason": "again"}).code == "manager_not_found"


def test_the_last_manager_and_a_contact_are_protected_until_support_says_otherwise(desk: Desk) -> None:
    """R31, R32, R63: each guard has its own override; the preview names what stays in Zuora."""
    path = f"{desk.path}/managers/{desk.olga_id}/remove"
    assert desk.ask("POST", path, {"reason": "Gone"}).code == "last_manager"
    assert desk.ask("POST", path, {"reason": "Gone", "allow_last": True}).code == "is_sold_to_contact"
    overridden = {"reason": "Gone", "allow_last": True, "override_contact": True}
    before = desk.world.everything()
    seen = desk.ok("POST", path, {**overridden, "dry_run": True})
    assert desk.world.everything() == before
    assert (seen["stays_contact"], seen["leaves_nobody"], seen["login_activated"]) == (
        ["sold_to", "bill_to"],
        True,
        True,
    )
    assert len(seen["notes"]) == 3
    writes = len(desk.world.zuora.requests)
    assert desk.ask("POST", path, overridden).status == 204
    desk.world.pipeline.drain()
    assert len(desk.world.zuora.requests) == writes
    (event,) = desk.history("manager_removed")
    assert event["data"]["stays_contact"] == "sold_to, bill_to"
    assert event["data"]["leaves_nobody"] is True
    assert desk.ok("GET", desk.path)["limits"]["managers"]["used"] == 0


def test_a_reason_is_required_and_contains_no_address(desk: Desk) -> None:
    """R31: the history keeps it, so it is no place for personal data."""
    path = f"{desk.path}/managers/{desk.olga_id}/remove"
    for reason in (None, "", "   ", "as olga@acme.example wishes", "x" * 501):
        body = {} if reason is None else {"reason": reason}
        assert desk.ask("POST", path, {**body, "allow_last": True}).code == "validation_failed"
