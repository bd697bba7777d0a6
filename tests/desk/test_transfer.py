"""Transfers of ownership: in this order, step by step, resumable, cancellable (R66)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from chalicelib.functions import transfers
from tests.desk import zuora_worker
from tests.desk.conftest import CONTRACT, INVOICE, Desk
from tests.events import schedule_event
from tests.gateway import Context, Response
from tests.table_dump import plain_items

NINA = {"email": "nina@acme.example", "first_name": "Nina", "last_name": "New"}


def start(desk: Desk, to: Any, *, key: str | None = None, **more: Any) -> Response:
    body = {"from": desk.olga_id, "to": to, "verification": CONTRACT, **more}
    return desk.ask("POST", f"{desk.path}/transfer", body, **({"Idempotency_Key": key} if key else {}))


def started(desk: Desk, to: Any, **more: Any) -> str:
    """The id of a transfer that was accepted, after the worker has done all that it could."""
    answer = start(desk, to, **more)
    assert answer.status == 202, answer.text
    desk.world.pipeline.drain()
    return str(answer.json["id"])


def seen(desk: Desk, transfer_id: str) -> Any:
    return desk.ok("GET", f"{desk.path}/transfers/{transfer_id}")


def cancel(desk: Desk, transfer_id: str) -> Response:
    return desk.ask("POST", f"{desk.path}/transfers/{transfer_id}/cancel")


def nina_id(desk: Desk) -> str:
    return str(desk.ok("POST", "/v1/support/customers", NINA)["id"])


def nudge(desk: Desk) -> None:
    transfers.nudge_transfers(schedule_event(), Context())
    desk.world.pipeline.drain()


def managers(desk: Desk) -> list[str]:
    return sorted(each["email"] for each in desk.ok("GET", f"{desk.path}/managers")["data"])


def states(desk: Desk, transfer_id: str) -> list[str]:
    return [each["state"] for each in seen(desk, transfer_id)["steps"]]


@pytest.fixture(autouse=True)
def zuora_waits(desk: Desk) -> None:
    """Zuora's queue is paused, so that each step can be examined; ``zuora_worker`` does what its consumer would."""
    desk.world.pipeline.zuora_waits = True


def test_with_the_worker_for_zuora_it_goes_through_by_itself(desk: Desk) -> None:
    """R66, R51: one request, and Zuora has the new Sold To and the old manager is out."""
    desk.world.pipeline.zuora_waits = False
    transfer = started(desk, nina_id(desk))
    assert seen(desk, transfer)["state"] == "completed"
    assert managers(desk) == ["nina@acme.example"]
    zuora_id = desk.ok("GET", desk.path)["zuora_account_id"]
    assert desk.world.zuora.do("GET", f"/v1/accounts/{zuora_id}")["soldToContact"]["workEmail"] == "nina@acme.example"


def test_a_known_customer_takes_over_in_the_right_order(desk: Desk) -> None:
    """R66, R32, I5: added, Sold To changed and synced, old one removed; each with an event by the starting agent."""
    to = nina_id(desk)
    transfer = started(desk, to)
    assert managers(desk) == ["nina@acme.example", "olga@acme.example"]
    assert states(desk, transfer) == ["done", "done", "current", "open"]
    shown = seen(desk, transfer)
    assert (shown["state"], shown["waits_for"], shown["to_customer_id"]) == ("sold_to_requested", "Zuora", to)
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    shown = seen(desk, transfer)
    assert (shown["state"], shown["cancellable"], shown["error"]) == ("completed", False, None)
    assert states(desk, transfer) == ["done"] * 4
    assert [each["at"] for each in shown["steps"]] == sorted(each["at"] for each in shown["steps"])
    assert managers(desk) == ["nina@acme.example"]
    events = [each for each in desk.history() if each["data"].get("transfer_id") == transfer]
    assert [each["type"] for each in reversed(events)] == [
        "transfer_started", "membership_granted", "transfer_advanced", "sold_to_changed", "transfer_advanced",
        "transfer_advanced", "manager_removed", "transfer_ended",
    ]  # fmt: skip
    assert {each["actor"] for each in events} == {"admin:sue@support.example"}
    assert {each["data"]["ticket_url"] for each in events} == {"https://tickets.example/4711"}


def test_a_person_without_a_record_is_invited_and_the_transfer_waits(desk: Desk) -> None:
    """R66, R21: nothing else happens before they accept."""
    transfer = started(desk, {"email": "nina@acme.example"})
    assert (seen(desk, transfer)["state"], managers(desk)) == ("invited", ["olga@acme.example"])
    nudge(desk)
    assert states(desk, transfer) == ["current", "open", "open", "open"]
    nina = desk.world.person("nina@acme.example", given_name="Nina", family_name="New")
    token = desk.world.link_token("nina@acme.example")
    assert desk.world.call("POST", "/v1/invitations/accept", nina, {"token": token}).status == 201
    desk.world.pipeline.drain()
    assert seen(desk, transfer)["state"] == "sold_to_requested"
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert (seen(desk, transfer)["state"], managers(desk)) == ("completed", ["nina@acme.example"])
    assert not [
        it for it in plain_items(desk.world, "Transfers") if "to_address" in it or it["key"].startswith("account#")
    ]


@pytest.mark.parametrize("known", [True, False])
def test_a_seat_is_borrowed_while_both_are_managers(desk: Desk, *, known: bool) -> None:
    """R66, R7: a plan with one manager can be transferred, and has one seat again afterwards."""
    desk.ok("PATCH", desk.path, {"max_managers": 1})
    to = nina_id(desk) if known else {"email": "nina@acme.example"}
    transfer = started(desk, to)
    if not known:
        nina = desk.world.person("nina@acme.example")
        token = desk.world.link_token("nina@acme.example")
        assert desk.world.call("POST", "/v1/invitations/accept", nina, {"token": token}).status == 201
        desk.world.pipeline.drain()
    assert desk.ok("GET", desk.path)["limits"]["managers"] == {"used": 2, "max": 2}
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert seen(desk, transfer)["state"] == "completed"
    assert desk.ok("GET", desk.path)["limits"]["managers"] == {"used": 1, "max": 1}


def test_a_transfer_is_cancelled_before_its_last_step(desk: Desk) -> None:
    """R66: the invitation is revoked, the borrowed seat returned; a second click does nothing; another may start."""
    desk.ok("PATCH", desk.path, {"max_managers": 1})
    transfer = started(desk, {"email": "nina@acme.example"})
    cancelled = cancel(desk, transfer)
    assert (cancelled.status, cancelled.json["state"], cancelled.json["cancellable"]) == (200, "cancelled", False)
    with desk.world.unchanged():
        assert cancel(desk, transfer).json == cancelled.json
    account = desk.ok("GET", desk.path)
    assert account["limits"] == {"managers": {"used": 1, "max": 1}, "pending_invitations": {"used": 0, "max": 15}}
    desk.world.pipeline.drain()
    assert seen(desk, transfer)["state"] == "cancelled"
    assert started(desk, {"email": "nils@acme.example"}) != transfer


def test_completed_steps_stay_when_it_is_cancelled_late(desk: Desk) -> None:
    """R66: the new manager and the chosen Sold To stay, and so does the old manager."""
    transfer = started(desk, nina_id(desk))
    assert cancel(desk, transfer).status == 200
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert managers(desk) == ["nina@acme.example", "olga@acme.example"]
    assert states(desk, transfer) == ["done", "done", "open", "open"]


def test_a_transfer_that_has_ended_cannot_be_cancelled(desk: Desk) -> None:
    """R66."""
    transfer = started(desk, nina_id(desk))
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    refused = cancel(desk, transfer)
    assert (refused.status, refused.code, refused.json["state"]) == (409, "transfer_over", "completed")


def test_one_transfer_at_a_time(desk: Desk) -> None:
    """R66, R26: another is refused with the id of the first; repeating the request returns the first."""
    first = start(desk, nina_id(desk), key="k")
    again = start(desk, first.json["to_customer_id"], key="k")
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    other = start(desk, {"email": "nils@acme.example"})
    assert (other.status, other.code, other.json["transfer_id"]) == (409, "transfer_open", first.json["id"])
    assert desk.ok("GET", desk.path)["transfer_id"] == first.json["id"]
    cancel(desk, first.json["id"])
    assert desk.ok("GET", desk.path)["transfer_id"] is None


@pytest.mark.parametrize("how", ["decline", "revoke", "expire"])
def test_an_invitation_that_ends_otherwise_ends_the_transfer(desk: Desk, how: str) -> None:
    """R66: the reason is shown, and nothing has changed."""
    transfer = started(desk, {"email": "nina@acme.example"})
    invitation = seen(desk, transfer)["invitation_id"]
    if how == "decline":
        token = desk.world.link_token("nina@acme.example")
        assert desk.world.call("POST", "/v1/invitations/decline", None, {"token": token}).status == 200
    elif how == "revoke":
        desk.ok("POST", f"{desk.path}/invitations/{invitation}/revoke")
    with time_machine.travel(wiring.now() + timedelta(days=31 if how == "expire" else 0), tick=True):
        nudge(desk)
        shown = plain_items(desk.world, "Transfers")[0]
    assert (shown["state"], shown["error"]) == ("failed", f"invitation_{how}d")
    assert managers(desk) == ["olga@acme.example"]


def test_the_transfer_waits_while_zuora_refuses_and_shows_why(desk: Desk) -> None:
    """R66, R57: support fixes the cause, and the transfer continues by itself."""
    transfer = started(desk, nina_id(desk))
    zuora_worker.refuse(desk.world, desk.account)
    nudge(desk)
    shown = seen(desk, transfer)
    assert (shown["state"], shown["error"]) == ("sold_to_requested", "zuora_refused: 53100020")
    with desk.world.unchanged():
        transfers.nudge_transfers(schedule_event(), Context())
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("completed", None)


def test_the_new_owner_leaving_meanwhile_ends_the_transfer(desk: Desk) -> None:
    """R66, R31: the old manager is never removed then."""
    to = nina_id(desk)
    transfer = started(desk, to)
    removal = {"reason": "A mistake", "override_contact": True}
    desk.ok("POST", f"{desk.path}/managers/{to}/remove", removal)
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("failed", "new_manager_gone")
    assert managers(desk) == ["olga@acme.example"]


def test_an_existing_manager_takes_over_without_joining_again(desk: Desk) -> None:
    """R66: the first step is skipped."""
    to = desk.grant("nina@acme.example")["id"]
    desk.ok("PATCH", f"/v1/support/customers/{to}", {"first_name": "Nina", "last_name": "New"})
    transfer = started(desk, to)
    assert seen(desk, transfer)["state"] == "sold_to_requested"
    assert len(desk.history("membership_granted")) == 1


def test_a_transfer_waits_for_the_new_owners_name(desk: Desk) -> None:
    """R66: Zuora requires a name; the next run after it was given continues."""
    to = desk.grant("nina@acme.example")["id"]
    transfer = started(desk, to)
    assert (seen(desk, transfer)["state"], seen(desk, transfer)["error"]) == ("joined", "new_manager_has_no_name")
    desk.ok("PATCH", f"/v1/support/customers/{to}", {"first_name": "Nina", "last_name": "New"})
    nudge(desk)
    assert seen(desk, transfer)["state"] == "sold_to_requested"


def test_the_old_managers_bill_to_stays_and_is_named(desk: Desk) -> None:
    """R66, R50: a transfer changes the Sold To only."""
    transfer = started(desk, nina_id(desk))
    zuora_worker.fulfil(desk.world, desk.account)
    nudge(desk)
    (removed,) = desk.history("manager_removed")
    assert (removed["data"]["stays_contact"], seen(desk, transfer)["state"]) == ("bill_to", "completed")


def test_what_can_be_refused_beforehand_is_refused_at_once(desk: Desk) -> None:
    """R66, R60, R62, R5: and nothing is written."""
    world = desk.world
    olga = desk.olga_id
    busy = world.person("busy@other.example")
    world.account(busy)
    busy_id = world.id_of(busy)
    old = {**INVOICE, "invoice_date": "2020-01-15"}
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({"to": olga}, 422, "validation_failed"),
        ({"to": "cus_unknown"}, 404, "customer_not_found"),
        ({"to": busy_id}, 409, "membership_limit_reached"),
        ({"to": {"email": "x@acme.example"}, "from": "cus_unknown"}, 404, "manager_not_found"),
        ({"to": {"email": "sue@support.example"}}, 403, "own_address"),
        ({"to": {"email": "x@acme.example"}, "verification": old}, 422, "verification_insufficient"),
        ({"to": {"email": "not an address"}}, 422, "validation_failed"),
        ({"to": {"email": "x@acme.example", "name": "X"}}, 422, "validation_failed"),
        ({"to": {"email": "x@acme.example"}, "ticket_url": "4711"}, 422, "validation_failed"),
    ]
    with world.unchanged():
        for body, status, code in refused:
            answer = desk.ask("POST", f"{desk.path}/transfer", {"from": olga, "verification": CONTRACT, **body})
            assert (answer.status, answer.code) == (status, code), body
    desk.ok("PATCH", desk.path, {"status": "closed"})
    assert start(desk, {"email": "x@acme.example"}).code == "account_closed"


def test_only_full_agents_start_and_cancel_and_both_groups_read(desk: Desk) -> None:
    """R60, S24: a transfer is not visible from another account either."""
    world = desk.world
    transfer = started(desk, nina_id(desk))
    path = f"{desk.path}/transfers/{transfer}"
    other = world.account(world.person("otto@other.example"))
    assert world.call("GET", path, desk.rob).status == 200
    assert world.call("GET", path, desk.olga).status == 403
    assert desk.ask("GET", path.replace(desk.account, other)).code == "transfer_not_found"
    assert desk.ask("POST", path.replace(desk.account, other) + "/cancel").code == "transfer_not_found"
    assert world.call("POST", f"{path}/cancel", desk.rob, {"ticket_url": "https://tickets.example/1"}).status == 403
    assert desk.ask("GET", f"{desk.path}/transfers/tra_unknown").code == "transfer_not_found"


def test_duplicate_messages_and_a_lost_queue_make_no_difference(desk: Desk) -> None:
    """R66, I7: the schedule does what no message caused; doing it again does nothing."""
    world = desk.world
    answer = start(desk, nina_id(desk))
    world.pipeline.lose_stream()
    nudge(desk)
    world.pipeline.stream()
    world.pipeline.desk_queues(deliver_twice=True)
    assert seen(desk, answer.json["id"])["state"] == "sold_to_requested"
    zuora_worker.fulfil(world, desk.account)
    for _ in range(3):
        nudge(desk)
    assert len(desk.history("manager_removed")) == len(desk.history("membership_granted")) == 1


@pytest.mark.parametrize("known", [True, False])
def test_a_person_with_an_address_that_zuora_refuses_cannot_take_over(desk: Desk, *, known: bool) -> None:
    """R32, R66: they could never become the Sold To; the field is named."""
    address = "x" * 60 + "@" + "y" * 12 + ".example"
    to: Any = {"email": address}
    if known:
        named = {"email": address, "first_name": "Nina", "last_name": "Newcomer"}
        to = desk.ok("POST", "/v1/support/customers", named)["id"]
    with desk.world.unchanged():
        body = {"from": desk.olga_id, "to": to, "verification": CONTRACT}
        refused = desk.ask("POST", f"{desk.path}/transfer", body)
    assert (refused.status, [each["field"] for each in refused.json["errors"]]) == (422, ["to"]), refused.text
