"""Transfers of ownership, and other changes of the account while they are in progress (R66)."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib import wiring
from tests.desk import zuora_worker
from tests.desk.conftest import CONTRACT, Desk
from tests.desk.test_transfer import cancel, managers, nina_id, nudge, seen, started
from tests.table_dump import plain_items
from tests.world import TICKET, Person


@pytest.fixture(autouse=True)
def zuora_waits(desk: Desk) -> None:
    """Zuora's queue is paused, as in test_transfer.py."""
    desk.world.pipeline.zuora_waits = True


def invite(desk: Desk, who: Person, email: str = "nina@acme.example", **more: Any) -> Any:
    return desk.world.call("POST", f"/v1/billing-accounts/{desk.account}/invitations", who, {"email": email, **more})


def accept(desk: Desk, email: str = "nina@acme.example") -> Any:
    person = desk.world.person(email)
    answer = desk.world.call("POST", "/v1/invitations/accept", person, {"token": desk.world.link_token(email)})
    desk.world.pipeline.drain()
    return answer


def bound(desk: Desk) -> Any:
    return desk.ok("GET", desk.path)["limits"]["managers"]["max"]


def role_of(desk: Desk, customer_id: str) -> str:
    found = {each["id"]: each["role"] for each in desk.ok("GET", f"{desk.path}/managers")["data"]}
    return str(found[customer_id])


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_the_new_owner_gets_the_requested_role(desk: Desk, role: str) -> None:
    """R66, R6: also one whom a manager invited to a lower role; with an event for the ticket."""
    assert invite(desk, desk.olga, role=role).status == 201
    transfer = started(desk, {"email": "nina@acme.example"})
    accept(desk)
    shown = seen(desk, transfer)
    assert (shown["state"], role_of(desk, shown["to_customer_id"])) == ("sold_to_requested", "admin")
    (changed,) = desk.history("role_changed")
    assert (changed["data"]["transfer_id"], changed["data"]["ticket_url"]) == (transfer, TICKET)


def test_a_higher_role_is_kept(desk: Desk) -> None:
    """R66: an admin stays one, whatever the transfer says."""
    to = desk.grant("nina@acme.example", role="admin")["id"]
    started(desk, to, role="manager")
    assert (role_of(desk, to), desk.history("role_changed")) == ("admin", [])


def test_an_edit_that_zuora_does_not_have_yet_does_not_count_as_the_new_sold_to(desk: Desk) -> None:
    """R66, R51: the old owner is removed when Zuora has the new one, not when our copy says so."""
    to = nina_id(desk)
    contact = plain_items(desk.world, "Accounts")[0]["sold_to_contact_id"]
    desk.ok("PATCH", f"/v1/support/contacts/{contact}", {"work_email": "nina@acme.example"})
    transfer = started(desk, to)
    nudge(desk)
    assert (seen(desk, transfer)["state"], len(managers(desk))) == ("sold_to_requested", 2)
    desk.world.pipeline.zuora_waits = False
    desk.world.pipeline.drain()
    assert seen(desk, transfer)["state"] == "completed"


def test_choosing_somebody_else_before_the_last_step_ends_the_transfer(desk: Desk) -> None:
    """R66, R55: the old owner stays when the new one is no longer Sold To."""
    world = desk.world
    world.add(desk.olga, desk.account, world.person("carl@acme.example"), role="viewer")
    to = nina_id(desk)
    transfer = started(desk, to)
    desk.ok("PATCH", f"{desk.path}/managers/{to}", {"role": "viewer"})
    zuora_worker.fulfil(world, desk.account)
    nudge(desk)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("sold_to_synced", "last_manager")
    chosen = {"manager_id": world.id_of(world.person("carl@acme.example"))}
    world.ok("PUT", f"/v1/billing-accounts/{desk.account}/contacts/sold-to", desk.olga, chosen)
    desk.ok("PATCH", f"{desk.path}/managers/{to}", {"role": "admin"})
    nudge(desk)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("failed", "sold_to_chosen_otherwise")
    assert "olga@acme.example" in managers(desk)


@pytest.mark.parametrize(("edits", "most"), [([2], 2), ([5, 2], 2), ([5], 5), ([None], None), ([1], 1), ([3, 1], 1)])
def test_a_limit_that_support_sets_meanwhile_is_kept(desk: Desk, edits: list[int | None], most: int | None) -> None:
    """R66, R7: also when it equals the one with the borrowed seat."""
    desk.ok("PATCH", desk.path, {"max_managers": 1})
    transfer = started(desk, nina_id(desk))
    assert bound(desk) == 2
    for each in edits:
        desk.ok("PATCH", desk.path, {"max_managers": each})
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert (seen(desk, transfer)["state"], bound(desk)) == ("completed", most)
    assert "borrowed_seats" not in next(it for it in plain_items(desk.world, "Accounts") if it["key"] == desk.account)


def test_another_edit_of_the_account_leaves_the_seat_borrowed(desk: Desk) -> None:
    """R66, R7: the new owner can still accept, and afterwards the limit is one seat again."""
    desk.ok("PATCH", desk.path, {"max_managers": 1})
    started(desk, {"email": "nina@acme.example"})
    edited = desk.ok("PATCH", desk.path, {"plan": "team", "max_managers": 1})
    assert edited["limits"]["managers"]["max"] == 2
    assert accept(desk).status == 201
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert (managers(desk), bound(desk)) == (["nina@acme.example"], 1)


def test_nobody_else_can_use_a_borrowed_seat(desk: Desk) -> None:
    """R66, R7, I2: not a person invited by the new owner after the old one has left, nor one whom support adds."""
    desk.ok("PATCH", desk.path, {"max_managers": 1})
    to = nina_id(desk)
    transfer = started(desk, to)
    desk.ok("POST", f"{desk.path}/managers/{desk.olga_id}/remove", {"reason": "Gone", "override_contact": True})
    nina = desk.world.person("nina@acme.example")
    refused = invite(desk, nina, "dora@acme.example")
    assert (refused.status, refused.code, refused.json["limit"]) == (409, "account_full", 1)
    body = {"email": "dora@acme.example", "verification": {"method": "prior_contract", "contract_url": TICKET}}
    assert desk.ask("POST", f"{desk.path}/managers", body).code == "account_full"
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert (seen(desk, transfer)["state"], managers(desk), bound(desk)) == ("completed", ["nina@acme.example"], 1)


@pytest.mark.parametrize("by_support", [True, False])
def test_an_earlier_invitation_stays_when_the_transfer_ends(desk: Desk, *, by_support: bool) -> None:
    """R66: only invitations that the transfer sent itself are revoked."""
    if by_support:
        desk.ok("POST", f"{desk.path}/invitations", {"email": "nina@acme.example", "verification": CONTRACT})
    else:
        invite(desk, desk.olga)
    cancel(desk, started(desk, {"email": "nina@acme.example"}))
    assert desk.ok("GET", desk.path)["limits"]["pending_invitations"]["used"] == 1


def test_an_obstacle_to_the_acceptance_is_shown(desk: Desk) -> None:
    """R66, R17: until it is removed; the transfer keeps waiting."""
    carl = desk.world.person("carl@acme.example")
    desk.world.add(desk.olga, desk.account, carl)
    invite(desk, carl)
    transfer = started(desk, {"email": "nina@acme.example"})
    desk.ok("PATCH", desk.path, {"status": "closed"})
    nudge(desk)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("invited", "account_closed")
    desk.ok("PATCH", desk.path, {"status": "active"})
    nudge(desk)
    assert seen(desk, transfer)["error"] is None
    assert accept(desk).status == 201


def test_a_policy_change_that_ends_the_invitation_ends_the_waiting_transfer(desk: Desk) -> None:
    """R66, R17: it says what happened to the invitation, and a new transfer with its own invitation can start."""
    carl = desk.world.person("carl@acme.example")
    desk.world.add(desk.olga, desk.account, carl)
    invite(desk, carl)
    transfer = started(desk, {"email": "nina@acme.example"})
    desk.ok("PATCH", desk.path, {"managed_by": "admins"})
    nudge(desk)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("failed", "invitation_revoked")
    started(desk, {"email": "nina@acme.example"})
    assert accept(desk).status == 201


def test_every_event_of_a_transfer_names_it_and_its_ticket(desk: Desk) -> None:
    """R60, R66: also the invitations that end with it."""
    invite(desk, desk.olga, "dora@acme.example")
    invite(desk, desk.olga)
    transfer = started(desk, nina_id(desk))
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    revoked = desk.history("invitation_revoked")
    assert [each["data"]["because"] for each in revoked] == ["inviter_removed", "invitee_joined"]
    second = started_again(desk)
    cancel(desk, second)
    revoked += desk.history("invitation_revoked")[:1]
    told = [(each["data"]["transfer_id"], each["data"]["ticket_url"]) for each in revoked]
    assert told == [(transfer, TICKET), (transfer, TICKET), (second, TICKET)]


def started_again(desk: Desk) -> str:
    """A second transfer, from Nina to a person who is invited."""
    (nina,) = desk.ok("GET", f"{desk.path}/managers")["data"]
    return started(desk, {"email": "nils@acme.example"}, **{"from": nina["id"]})


def test_a_removal_by_support_has_its_ticket_at_the_revoked_invitations_too(desk: Desk) -> None:
    """R60, R22."""
    carl = desk.world.person("carl@acme.example")
    carl_id = desk.world.add(desk.olga, desk.account, carl)
    invite(desk, carl)
    desk.ok("POST", f"{desk.path}/managers/{carl_id}/remove", {"reason": "Gone"})
    (revoked,) = desk.history("invitation_revoked")
    assert revoked["data"]["ticket_url"] == TICKET


def test_a_new_name_retries_a_refused_assignment(desk: Desk) -> None:
    """R52, R57, R66: the cause is fixed, and nobody has to choose the new owner again."""
    world, to = desk.world, nina_id(desk)
    world.pipeline.zuora_waits = False
    theirs = world.zuora.state.accounts[desk.ok("GET", desk.path)["zuora_account_id"]]
    theirs["status"] = "Canceled"
    transfer = started(desk, to)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"][:14]) == (
        "sold_to_requested",
        "zuora_refused:",
    )
    theirs["status"] = "Active"
    desk.ok("PATCH", f"/v1/support/customers/{to}", {"last_name": "Newest"})
    world.pipeline.drain()
    assert seen(desk, transfer)["state"] == "completed"


def test_a_request_that_may_still_reach_zuora_is_waited_for(desk: Desk) -> None:
    """R51, R66: an earlier request for the Sold To could arrive after the one for the new owner, and win."""
    world, until = desk.world, wiring.now() + timedelta(minutes=2)
    carl_id = world.add(desk.olga, desk.account, world.person("carl@acme.example"))
    chosen = {"manager_id": carl_id}
    world.ok("PUT", f"/v1/billing-accounts/{desk.account}/contacts/sold-to", desk.olga, chosen)
    noted: dict[str, Any] = {":version": 1, ":until": until.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")}
    boto3.resource("dynamodb").Table("Contacts").update_item(
        Key={"contact_id": f"assignment#{desk.account}#sold_to"},
        UpdateExpression="SET sent_version = :version, sent_until = :until",
        ExpressionAttributeValues=noted,
    )
    to = nina_id(desk)
    started(desk, to)
    assignment = zuora_worker.assignment_of(world, desk.account)
    assert assignment is not None
    assert (assignment["customer_id"], assignment["sent_version"], assignment["sent_until"]) == (to, 1, noted[":until"])


def test_waiting_transfers_do_not_hide_one_that_can_continue(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """R66: the schedule reaches all open ones, however many wait."""
    started(desk, {"email": "nina@acme.example"})
    table = boto3.resource("dynamodb").Table("Transfers")
    (waiting,) = [it for it in plain_items(desk.world, "Transfers") if it["key"].startswith("tra_")]
    others = [f"tra_0{number}" for number in range(250)]
    for key in others:
        long_ago = {"key": key, "transfer_id": key, "touched_at": "2020-01-01T00:00:00.000000+0000"}
        table.put_item(Item={**waiting, **long_ago})
    came: list[str] = []
    monkeypatch.setattr(
        "chalicelib.operations.transfers.advance_transfer.advance", lambda key, _means: came.append(key)
    )
    nudge(desk)
    assert sorted(came) == sorted([*others, waiting["key"]])
    for key in others:
        table.delete_item(Key={"key": key})
