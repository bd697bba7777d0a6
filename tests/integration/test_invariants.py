"""Tests the invariant checker itself: a correct scenario passes, and every way of breaking it is noticed."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import settings
from chalicelib.domain.limits import Limits
from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.invariants import duplicates, rewritten_history, violations, violations_in
from tests.ses import SentMail
from tests.unit.builders import LIMITS
from tests.world import TICKET, World, fresh_world


@dataclass(slots=True)
class Scenario:
    """The data that a day on one account left behind: everything that can exist, once."""

    tables: dict[str, list[dict[str, Any]]]
    mails: list[SentMail]
    limits: Limits
    tokens: list[str]

    def find(self, table: str, **attributes: str) -> dict[str, Any]:
        """The only item with these attributes."""
        (item,) = [
            each
            for each in self.tables[table]
            if all(value in each.get(name, {}).values() for name, value in attributes.items())
        ]
        return item

    def event(self, kind: str, nth: int = 0) -> dict[str, Any]:
        """The event of that kind."""
        found = [it for it in self.tables["History"] if it["type"]["S"] == kind]
        return sorted(found, key=lambda it: str(it["event_id"]["S"]))[nth]

    def drop(self, table: str, item: dict[str, Any]) -> None:
        """Removes an item from its table."""
        self.tables[table].remove(item)

    def again(self, table: str, item: dict[str, Any], **changes: Any) -> None:
        """Adds a copy of the item, with changes."""
        self.tables[table].append(copy.deepcopy(item) | changes)

    def complaints(self, **more: Any) -> list[str]:
        """What the checker reports."""
        return violations_in(self.tables, mails=self.mails, limits=self.limits, quiescent=True, **more)


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: int) -> dict[str, str]:
    return {"N": str(number)}


@pytest.fixture(scope="module")
def told(issuer: Issuer, zuora_server: FakeZuora) -> Scenario:
    with pytest.MonkeyPatch.context() as patch, fresh_world(issuer, zuora_server, patch) as world:
        olga, carl, dave = (world.person(f"{name}@acme.example") for name in ("olga", "carl", "dave"))
        account = world.account(olga)
        path = f"/v1/billing-accounts/{account}"
        world.join(olga, account, carl)
        gone = world.join(olga, account, dave)
        world.ok("PATCH", f"{path}/managers/{gone}", olga, {"role": "viewer"})
        world.ok("DELETE", f"{path}/managers/{gone}", olga)
        revoked = world.invite(olga, account, "erin@acme.example")
        world.pipeline.drain()
        world.ok("POST", f"{path}/invitations/{revoked['id']}/revoke", olga)
        headers = {"Idempotency-Key": "once"}
        assert world.call("POST", f"{path}/invitations", carl, {"email": "fred@acme.example"}, headers).status == 201
        token = world.link_token("fred@acme.example")
        edit = {"last_name": "Other", "ticket_url": TICKET}
        world.ok("PATCH", f"/v1/support/customers/{world.id_of(olga)}", world.support(), edit)
        world.pipeline.drain()
        assert violations(world, quiescent=True) == []
        return Scenario(world.everything(), list(world.ses.sent), settings.current().limits, [token])


@pytest.fixture
def scenario(told: Scenario) -> Scenario:
    return copy.deepcopy(told)


def test_a_correct_scenario_has_no_violations(scenario: Scenario) -> None:
    """I1, I2, I3, I4, I5, I6, I7, I8."""
    assert scenario.complaints() == []
    assert duplicates(scenario.mails) == 0


def shared_origin(it: Scenario) -> None:
    olga = it.find("Memberships", role="admin")
    carl = it.find("Memberships", role="manager")
    olga |= {"origin_kind": carl["origin_kind"], "origin_reference": carl["origin_reference"]}


def grant_without_event(it: Scenario) -> None:
    it.find("Memberships", role="manager").update(origin_kind=s("grant"), origin_reference=s("evt_none"))


def import_of_another(it: Scenario) -> None:
    it.find("Memberships", role="admin")["origin_reference"] = s("another-zuora-account")


def no_origin(it: Scenario) -> None:
    it.find("Memberships", role="admin")["origin_kind"] = s("self_made")


def accepted_by_nobody(it: Scenario) -> None:
    del next(each for each in it.tables["Invitations"] if each.get("status") == s("accepted"))["accepted_by"]


def counter(name: str) -> Callable[[Scenario], None]:
    def spoil(it: Scenario) -> None:
        account = it.find("Accounts", status="active")
        account[name] = n(int(account[name]["N"]) + 1)

    return spoil


def miscounted_customer(it: Scenario) -> None:
    it.find("Customers", address="carl@acme.example")["membership_count"] = n(0)


def forgotten_sent(it: Scenario) -> None:
    del it.find("Memberships", role="manager")["sent_pending"]


def gone_inviter(it: Scenario) -> None:
    it.find("Invitations", status="pending")["inviter_id"] = s("cus_gone")


def overbooked(it: Scenario) -> None:
    it.find("Accounts", status="active")["max_managers"] = n(2)


def second_live_invitation(it: Scenario) -> None:
    pending = it.find("Invitations", status="pending")
    it.again("Invitations", pending, invitation_id=s("inv_2"), pending_id=s("inv_2"))


def written_after_scrubbing(it: Scenario) -> None:
    ended = it.find("Invitations", status="revoked")
    for name in ("address", "due", "due_at"):
        ended.pop(name, None)
    ended["message"] = s("I knew them.")


def still_indexed(it: Scenario) -> None:
    it.find("Invitations", status="revoked")["pending_id"] = s("inv_9")


def strange_status(it: Scenario) -> None:
    it.find("Invitations", status="revoked")["status"] = s("lost")


def never_ended(it: Scenario) -> None:
    del it.find("Invitations", status="revoked")["ended_at"]


def address_let_go(it: Scenario) -> None:
    it.drop("Invitations", it.find("Invitations", invitation_id="address#fred@acme.example"))


def address_kept(it: Scenario) -> None:
    held = it.find("Invitations", invitation_id="address#fred@acme.example")
    it.again("Invitations", held, invitation_id=s("address#dave@acme.example"))


def nobody_can_manage(it: Scenario) -> None:
    for each in it.tables["Memberships"]:
        if "role" in each:
            each["role"] = s("viewer")


def no_admin_left(it: Scenario) -> None:
    it.find("Accounts", status="active")["managed_by"] = s("admins")
    it.find("Memberships", role="admin")["role"] = s("viewer")


def address_reserved_twice(it: Scenario) -> None:
    it.again("Customers", it.find("Customers", key="address#carl@acme.example"), key=s("address#x@acme.example"))


def identity_of_another(it: Scenario) -> None:
    carl = it.find("Customers", address="carl@acme.example")
    it.find("Customers", key="identity#" + carl["identity"]["S"])["customer_id"] = s("cus_other")


def zuora_account_free(it: Scenario) -> None:
    (reserved,) = [each for each in it.tables["Accounts"] if each["key"]["S"].startswith("zuora#")]
    it.drop("Accounts", reserved)


def not_normalised(it: Scenario) -> None:
    it.find("Invitations", status="revoked")["address"] = s("Erin@Acme.example")


def one_sided(it: Scenario) -> None:
    carl = it.find("Customers", address="carl@acme.example")["key"]["S"]
    it.drop("Memberships", it.find("Memberships", owner=f"customer#{carl}"))


def nobodys_membership(it: Scenario) -> None:
    it.drop("Customers", it.find("Customers", address="carl@acme.example"))


def invitation_of_no_account(it: Scenario) -> None:
    it.again("Invitations", it.find("Invitations", status="revoked"), account_id=s("acc_none"))


def remembered_for_nothing(it: Scenario) -> None:
    it.tables["Idempotency"][0]["account_id"] = s("acc_none")


def contact_of_another(it: Scenario) -> None:
    it.find("Contacts", work_email="olga@acme.example")["account_id"] = s("acc_none")


def edit_of_a_contact(it: Scenario) -> dict[str, Any]:
    return next(each for each in it.tables["Contacts"] if each["contact_id"]["S"].startswith("edit#"))


def values_of_no_event(it: Scenario) -> None:
    edit_of_a_contact(it)["contact_id"] = s("edit#evt_none")


def values_in_an_index(it: Scenario) -> None:
    edit_of_a_contact(it)["account_id"] = s("acc_none")


def event_twice(it: Scenario) -> None:
    it.again("History", it.event("invitation_revoked"), event_id=s("evt_zzz"))


def same_event_id(it: Scenario) -> None:
    it.again("History", it.event("invitation_created"), stream=s("account#acc_none"))


def event_missing(kind: str) -> Callable[[Scenario], None]:
    return lambda it: it.drop("History", it.event(kind))


def event_in_another_stream(it: Scenario) -> None:
    it.event("role_changed")["stream"] = s("account#acc_none")


def event_about_another(it: Scenario) -> None:
    it.event("invitation_revoked")["subject"] = s("invitation:inv_none")


def relayed_and_waiting(it: Scenario) -> None:
    it.event("role_changed")["outbox"] = s("waiting")


def role_from_nowhere(it: Scenario) -> None:
    data = it.event("role_changed")["data"]
    data["S"] = data["S"].replace('"manager"', '"admin"')


def left_as_somebody_else(it: Scenario) -> None:
    data = it.event("manager_removed")["data"]
    data["S"] = data["S"].replace('"viewer"', '"manager"')


def joined_twice(it: Scenario) -> None:
    it.again("History", it.event("invitation_accepted"), event_id=s("evt_0"))


def expired_without_end(it: Scenario) -> None:
    for event_id in ("evt_x", "evt_y"):
        it.again("History", it.event("invitation_revoked"), event_id=s(event_id), type=s("invitation_expired"))


def token_in_a_table(it: Scenario) -> None:
    it.tables["Deliveries"][0]["reason"] = s(f"see {it.tokens[0]}")


def link_in_a_table(it: Scenario) -> None:
    it.find("Invitations", status="pending")["message"] = s("https://portal.example/invitations#abc")


def mac_in_a_table(it: Scenario) -> None:
    it.tables["Idempotency"][0]["fingerprint"] = s(it.tokens[0].partition(".")[2])


def address_in_the_history(it: Scenario) -> None:
    it.event("invitation_created")["data"] = s('{"to": "carl@acme.example"}')


def never_relayed(it: Scenario) -> None:
    event = it.event("role_changed")
    del event["relayed_at"]
    event["outbox"] = s("waiting")


def delivery(it: Scenario, ending: str) -> dict[str, Any]:
    return next(each for each in it.tables["Deliveries"] if ending in each["delivery_id"]["S"])


def owed(ending: str) -> Callable[[Scenario], None]:
    return lambda it: it.drop("Deliveries", delivery(it, ending))


def owed_to_the_live(it: Scenario) -> None:
    pending = it.find("Invitations", status="pending")["invitation_id"]["S"]
    it.drop("Deliveries", delivery(it, f"{pending}#link"))


def claimed_and_owed(it: Scenario) -> None:
    delivery(it, "#person#")["state"] = s("claimed")


def claimed_just_now(it: Scenario) -> None:
    it.tables["Deliveries"][0]["lease_until"] = s("2999-01-01T00:00:00.000000+0000")


def mailed_twice(it: Scenario) -> None:
    it.mails.append(it.mails[0])


def mailed_though_failed(it: Scenario) -> None:
    delivery(it, "#link#1")["state"] = s("failed")


def marked_and_not_mailed(it: Scenario) -> None:
    it.mails.pop()


def mail_without_record(it: Scenario) -> None:
    tags = {"event_id": "evt_none", "audience": "person"}
    it.mails.append(SentMail("x@acme.example", "", "", "", tags, "", None))


SPOILT: list[tuple[Callable[[Scenario], None], str]] = [
    (shared_origin, "I1: membership"),
    (grant_without_event, "from a grant without an event"),
    (import_of_another, "from the import of another account"),
    (no_origin, "has the origin 'self_made'"),
    (accepted_by_nobody, "accepted_by does not say so"),
    (counter("manager_count"), "says manager_count = 3, there are 2"),
    (counter("managing_count"), "says managing_count = 3, there are 2"),
    (counter("admin_count"), "says admin_count = 2, there are 1"),
    (counter("pending_count"), "says pending_count = 2, there are 1"),
    (counter("seats_used"), "says seats_used = 4, there are 3"),
    (miscounted_customer, "says membership_count = 0, there are 1"),
    (forgotten_sent, "does not name the pending invitations"),
    (gone_inviter, "but manages it no more"),
    (overbooked, "uses 3 of 2 seats"),
    (second_live_invitation, "I3: 2 live invitations for fred@acme.example"),
    (still_indexed, "is revoked and has pending_id"),
    (written_after_scrubbing, "I6: invitation"),
    (strange_status, "has the status lost"),
    (never_ended, "ended_at does not say so"),
    (address_let_go, "I3: fred@acme.example"),
    (address_kept, "I3: dave@acme.example"),
    (nobody_can_manage, "has nobody left who can manage it"),
    (no_admin_left, "is managed by admins and has none"),
    (address_reserved_twice, "R1: the reserved addresses"),
    (identity_of_another, "R2: the reserved sign-ins"),
    (zuora_account_free, "R4: the reserved Zuora accounts"),
    (not_normalised, "is not normalised"),
    (one_sided, "is known from one side only"),
    (nobodys_membership, "between things that are not there"),
    (invitation_of_no_account, "belongs to no account"),
    (remembered_for_nothing, "remembered for what is not there"),
    (contact_of_another, "which is not its own"),
    (values_of_no_event, "values of no event"),
    (values_in_an_index, "has ['account_id']"),
    (event_twice, "2 events say revoked"),
    (same_event_id, "2 events have the id"),
    (event_missing("account_imported"), "was imported by 0 events"),
    (event_missing("invitation_created"), "was created by 0 events"),
    (event_missing("invitation_accepted"), "0 events say accepted"),
    (event_missing("invitation_revoked"), "0 events say revoked"),
    (event_missing("manager_removed"), "is None, and by the history viewer"),
    (event_missing("role_changed"), "in a role that they did not have"),
    (event_missing("customer_bound"), "was bound by 0 events"),
    (event_in_another_stream, "I8: event"),
    (event_about_another, "about an invitation that its account does not have"),
    (relayed_and_waiting, "both in the outbox and relayed, or neither"),
    (role_from_nowhere, "from one that they did not have"),
    (left_as_somebody_else, "in a role that they did not have"),
    (joined_twice, "who manages the account already"),
    (expired_without_end, "2 events say expired"),
    (token_in_a_table, "I6: a token stands in Deliveries"),
    (link_in_a_table, "I6: a link stands in Invitations"),
    (mac_in_a_table, "I6: a key or the MAC of a token stands in Idempotency"),
    (address_in_the_history, "I6: an address stands in History"),
    (never_relayed, "I7: event"),
    (claimed_and_owed, "is owed (invitation_accepted) and was not sent"),
    (claimed_just_now, "is claimed at this moment"),
    (owed("#person#"), "is owed (invitation_accepted) and was not sent"),
    (owed("#others#"), "#others#cus_"),
    (owed("#invitee"), "is owed (invitation_revoked) and was not sent"),
    (owed_to_the_live, "is owed (invitation_created) and was not sent"),
    (mailed_twice, "went out 2 times in 1 attempts"),
    (mailed_though_failed, "went out 1 times in 1 attempts"),
    (marked_and_not_mailed, "is marked as sent and was not"),
    (mail_without_record, "has 0 records"),
]


@pytest.mark.parametrize(("spoil", "complaint"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])
def test_every_way_of_breaking_an_invariant_is_noticed(
    scenario: Scenario, spoil: Callable[[Scenario], None], complaint: str
) -> None:
    """I1, I2, I3, I4, I5, I6, I7, I8: a checker that notices nothing proves nothing."""
    spoil(scenario)
    assert any(complaint in each for each in scenario.complaints()), scenario.complaints()


def test_the_limits_of_the_settings_are_checked_too(scenario: Scenario) -> None:
    """I2, R5, R8."""
    scenario.limits = replace(LIMITS, memberships_per_customer=0, pending_invitations=0, managers_by_plan={})
    said = scenario.complaints()
    assert sum("more pending invitations than it may" in each for each in said) == 1
    assert sum("more accounts than one person may" in each for each in said) == 2


def test_a_lowered_limit_is_no_violation(scenario: Scenario) -> None:
    overbooked(scenario)
    account = scenario.find("Accounts", status="active")["key"]["S"]
    assert scenario.complaints(lowered=[account]) == []


def test_before_quiescence_pending_work_is_no_violation(scenario: Scenario) -> None:
    never_relayed(scenario)
    claimed_just_now(scenario)
    assert violations_in(scenario.tables) == []


def test_tokens_in_other_texts_are_noticed(scenario: Scenario) -> None:
    """I6: answers, queue bodies and log lines can be passed as they are."""
    assert scenario.complaints(texts=[f'"token": "{scenario.tokens[0]}"']) == [
        "I6: a token stands in elsewhere",
        "I6: a key or the MAC of a token stands in elsewhere",
    ]


def test_a_history_item_that_was_changed_or_deleted_is_noticed(scenario: Scenario) -> None:
    """I5: only the relay mark may change."""
    before = copy.deepcopy(scenario.tables)
    never_relayed(scenario)
    assert rewritten_history(before, scenario.tables) == []
    changed = scenario.event("invitation_created")
    changed["actor"] = s("nobody")
    scenario.drop("History", scenario.event("manager_removed"))
    assert len(rewritten_history(before, scenario.tables)) == 2


def test_duplicates_count_repeated_mails(scenario: Scenario) -> None:
    scenario.mails += [scenario.mails[0], scenario.mails[0], scenario.mails[1]]
    assert duplicates(scenario.mails) == 3


def test_the_checker_reads_a_whole_world(world: World) -> None:
    """It reads the same from a world as from a dump."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    world.invite(olga, account, "carl@acme.example")
    assert violations(world) == []
    assert any("was not relayed" in each for each in violations(world, quiescent=True))
    world.set_account(account, pending_count=0)
    assert any("pending_count" in each for each in violations(world))
