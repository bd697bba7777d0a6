"""The nightly round finds and reports drift, resumes where it stopped, and repairs nothing (R54)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib import wiring
from chalicelib.functions import zuora_schedules
from chalicelib.operations.zuora import reconcile
from chalicelib.operations.zuora.reconcile import Walk, Walker
from chalicelib.store import breakers, reconciliations
from tests.events import schedule_event
from tests.flows.test_contact_sync import contact_ids, edit
from tests.gateway import Context
from tests.world import TICKET, World


def walk(*, accounts: int | None = None, pauses: list[float] | None = None) -> Walk:
    """One run, which can check so many accounts before its time is over."""
    looked: list[float] = pauses if pauses is not None else []
    enough = (lambda: len(looked) >= accounts) if accounts is not None else (lambda: False)
    return reconcile.go_on(Walker(wiring.zuora(), wiring.now, looked.append, enough))


def listed(world: World) -> set[tuple[str, str | None, tuple[str, ...]]]:
    found = world.ok("GET", "/v1/support/drift", world.support())["data"]
    return {(each["kind"], each["contact_id"], tuple(each["fields"])) for each in found}


def test_a_difference_is_listed_until_it_is_in_sync_again(world: World) -> None:
    """R54: nothing is repaired; the next round sees it corrected."""
    with time_machine.travel(datetime(2027, 3, 1, 2, tzinfo=UTC), tick=True) as clock:
        account = world.account(world.person("olga@acme.example"))
        contact = contact_ids(world, account)["sold_to"]
        world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Graz", "zipCode": "8010"})
        (zuora_id,) = world.zuora.state.accounts
        world.zuora.do("PUT", f"/v1/accounts/{zuora_id}", {"name": "Acme Group"})
        contacts = world.items("Contacts")
        done = walk()
        assert (done.checked, done.drifted, done.finished) == (1, 2, True)
        assert listed(world) == {
            ("contact_differs", contact, ("city", "postal_code")),
            ("account_differs", None, ("name",)),
        }
        assert world.items("Contacts") == contacts
        assert walk().checked == 0
        world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "", "zipCode": ""})
        clock.shift(timedelta(days=1))
        assert walk().drifted == 1
        assert listed(world) == {("account_differs", None, ("name",))}


def nightly(world: World) -> set[tuple[str, str | None, tuple[str, ...]]]:
    """What is listed after the round of the next night, as EventBridge starts it."""
    zuora_schedules.reconcile_zuora(schedule_event(), Roomy())
    return listed(world)


def test_another_channel_is_drift_unless_support_has_set_it(world: World) -> None:
    """R58, R54: by the field, and by who gets the invoices; the round reports it and repairs nothing."""
    with time_machine.travel(datetime(2027, 3, 1, 2, tzinfo=UTC), tick=True) as clock:
        account = world.account(world.person("olga@acme.example"), subscriptions=[{}])
        (zuora_id,) = world.zuora.state.accounts
        assert nightly(world) == set()
        clock.shift(timedelta(days=1))
        world.zuora.state.accounts[zuora_id]["SSPChannel__c"] = "Reseller"
        assert nightly(world) == {("account_differs", None, ("channel",))}
        clock.shift(timedelta(days=1))
        del world.zuora.state.accounts[zuora_id]["SSPChannel__c"]
        assert nightly(world) == set()
        clock.shift(timedelta(days=1))
        other = world.zuora.do("POST", "/v1/accounts", {"name": "Reseller", "accountNumber": "R-1"})["accountId"]
        (subscription,) = world.zuora.state.subscriptions.values()
        subscription["invoiceOwnerAccountId"] = other
        assert nightly(world) == {("account_differs", None, ("channel",))}
        path, sue = f"/v1/support/billing-accounts/{account}", world.support()
        assert world.ok("GET", path, sue)["channel"] == "direct"
        for channel in ("reseller", "direct"):
            world.ok("PATCH", path, sue, {"channel": channel, "ticket_url": TICKET})
        clock.shift(timedelta(days=1))
        assert nightly(world) == set()


def test_other_contacts_and_a_missing_contact_are_drift(world: World) -> None:
    """R54: a contact that is gone is also marked."""
    account = world.account(world.person("olga@acme.example"), bill_to="bill@acme.example")
    ids = contact_ids(world, account)
    for each in world.zuora.state.accounts.values():
        each["billToId"] = ids["sold_to"]
    world.zuora.state.contacts[ids["bill_to"]]["deletedAt"] = 0.0
    walk()
    assert listed(world) == {("parts_differ", None, ("bill_to",)), ("contact_missing", ids["bill_to"], ())}
    seen = world.ok("GET", f"/v1/support/contacts/{ids['bill_to']}", world.support())
    assert seen["sync"]["state"] == "deleted_in_zuora"


def test_an_account_that_is_gone_in_zuora_is_drift(world: World) -> None:
    """R54."""
    world.account(world.person("olga@acme.example"))
    world.zuora.state.forget_account(next(iter(world.zuora.state.accounts)))
    walk()
    assert listed(world) == {("account_missing", None, ())}


def test_a_pending_edit_is_no_drift(world: World) -> None:
    """R54: the queue syncs it."""
    contact = contact_ids(world, world.account(world.person("olga@acme.example")))["sold_to"]
    edit(world, contact, city="Graz")
    assert walk().drifted == 0
    assert listed(world) == set()


def test_a_round_resumes_where_it_stopped_and_checks_each_account_once(world: World) -> None:
    """R54: paged and resumable; a pause after every account."""
    for number in range(7):
        world.account(world.person(f"owner{number}@acme.example"))
    pauses: list[float] = []
    runs: list[Walk] = []
    while not runs or not runs[-1].finished:
        pauses.clear()
        runs.append(walk(accounts=2, pauses=pauses))
        assert pauses == [reconcile.PAUSE_SECONDS] * runs[-1].checked
    assert sum(run.checked for run in runs) == 7
    assert [run.checked for run in runs if run.checked] == [2, 2, 2, 1]
    done = reconciliations.current()
    assert done is not None
    assert done.checked == 7


@pytest.mark.parametrize("fault", ["http_503", "rate_limit", "malformed"])
def test_zuora_failing_ends_the_run_and_the_next_one_resumes(world: World, fault: str) -> None:
    """R57: no account is skipped, none is listed because of it."""
    world.account(world.person("olga@acme.example"))
    world.zuora.fail("GET /v1/accounts", fault)
    done = walk()
    assert (done.checked, done.away, done.finished) == (0, True, False)
    world.zuora.heal()
    assert walk().checked == 1
    assert listed(world) == set()


def test_zuora_is_not_called_while_the_breaker_is_open(world: World) -> None:
    """R57."""
    world.account(world.person("olga@acme.example"))
    for _ in range(5):
        breakers.count_failure()
    breakers.open_(now=wiring.now())
    world.zuora.forget_requests()
    assert walk().away
    assert world.zuora.requests == []


class Roomy(Context):
    """As much time as the function gets on AWS."""

    def get_remaining_time_in_millis(self) -> int:
        """Four minutes."""
        return 240_000


def test_the_scheduled_function_completes_a_round_and_reports_it(world: World) -> None:
    """R54: as EventBridge calls it; the second call of the day has nothing to do."""
    contact = contact_ids(world, world.account(world.person("olga@acme.example")))["sold_to"]
    world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Graz"})
    short_of_time = zuora_schedules.reconcile_zuora(schedule_event(), Context())
    assert short_of_time == {"checked": 0, "drifted": 0, "left": 0, "finished": 0}
    done = zuora_schedules.reconcile_zuora(schedule_event(), Roomy())
    assert done == {"checked": 1, "drifted": 1, "left": 0, "finished": 1}
    again = zuora_schedules.reconcile_zuora(schedule_event(), Roomy())
    assert again == {"checked": 0, "drifted": 0, "left": 0, "finished": 1}
