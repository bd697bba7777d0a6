"""The turns of the support desk, whose settings are still made in the tables."""

from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from hypothesis.strategies import SearchStrategy

from tests.model.driving import UNKNOWN_ACCOUNT, Driven, accounts, number, roles, spelling_in_zuora, whose
from tests.model.people import ADDRESSES, EVERYBODY, spelled
from tests.model.state import Answer, Caller
from tests.model.turns import turn
from tests.world import TICKET, Person

PLANS = {"Team": 1, "Enterprise": None, "": None}
MOST_ACCOUNTS = 4  # more would only scatter what happens
CHANGES = {
    "unlimited seats": None,
    "just enough seats": 0,
    "too few seats": -1,
    "enough seats": 1,
    "managed by admins": None,
    "managed by managers": None,
    "closed": None,
    "active": None,
    "block login": None,
    "unblock login": None,
}
"""What support may change; for seats, how many more than are used."""


def _owner(machine: Driven) -> SearchStrategy[str] | None:
    """The Sold To of one account more."""
    return whose if len(machine.account_ids) < MOST_ACCOUNTS else None


class SupportTurns(Driven):
    """Importing accounts, and what support may set on accounts and customers."""

    @initialize(
        memberships_each=st.sampled_from([1, 2, None]),
        pending_each=st.sampled_from([15, 3, 2]),
        owner=whose,
        bill_to=whose,
        team=st.lists(st.tuples(st.sampled_from(EVERYBODY), roles), max_size=3),
    )
    def an_account_to_begin_with(
        self,
        memberships_each: int | None,
        pending_each: int,
        owner: str,
        bill_to: str,
        team: list[tuple[Caller, str]],
    ) -> None:
        """One account with some managers, so that there is something to do from the first step on."""
        self.begin(memberships_each=memberships_each, pending_each=pending_each)
        self.ask(Answer(404, "account_not_found"), "GET", f"/v1/billing-accounts/{UNKNOWN_ACCOUNT}", EVERYBODY[0])
        account = self._import(owner, bill_to, "Enterprise")
        for newcomer, role in team:
            self.bring_in(account, newcomer, role)

    @turn(1, owner=_owner, bill_to=whose, plan=st.sampled_from(sorted(PLANS)), typed=spelling_in_zuora)
    def import_account(self, *, owner: str, bill_to: str, plan: str, typed: str) -> None:
        """R53: with one contact or two, with a new customer or a known one."""
        self._import(owner, bill_to, plan, typed)

    @turn(1, account=accounts, group=st.sampled_from(["billing-support", "billing-support-readonly", ""]))
    def import_it_again(self, *, account: str, group: str) -> None:
        """R60: only support may; what is known already is answered and stays as it is."""
        expected = Answer(200) if group == "billing-support" else Answer(403, "forbidden")
        self._ask_for_import(expected, account, self.world.support(group=group))

    @turn(6, account=accounts, change=st.sampled_from([*CHANGES]), whom=number)
    def change_an_account(self, *, account: str, change: str, whom: int) -> None:
        """R3, R6, R7, R17: its seats, who manages it, whether it takes anybody; and the logins of its managers."""
        there, word = self.model.accounts[account], change.rpartition(" ")[2]
        if word == "seats":
            more = CHANGES[change]
            self._bound(account, None if more is None else max(1, self.model.seats(account) + more))
        elif word == "login":
            self._switch_login(
                change, (list(there.members) or ADDRESSES)[whom % (len(there.members) or len(ADDRESSES))]
            )
        elif word in ("closed", "active"):
            there.closed = word == "closed"
            self._set_account(account, "status", word)
        elif word == "managers" or any(each.role == "admin" for each in there.members.values()):
            there.managed_by = word
            self._set_account(account, "managed_by", word)

    def _switch_login(self, change: str, address: str) -> None:
        if address in self.model.customers:
            on = change == "unblock login"
            body = {"login_activated": on, "confirm_reactivation": True, "ticket_url": TICKET}
            path = f"/v1/support/customers/{self.customer_ids()[address]}"
            self.ask(self.model.switch_login(address, on=on), "PATCH", path, self.world.support(), body)

    def _bound(self, account: str, most: int | None) -> None:
        self.lowered.add(account)
        self.model.accounts[account].max_managers = most
        self._set_account(account, "max_managers", most)

    def _import(self, owner: str, bill_to: str, plan: str, typed: str = "plain") -> str:
        label = f"a{len(self.model.accounts) + 1}"
        other = None if bill_to == owner else spelled(bill_to, typed)
        fields = {"Plan__c": plan} if plan else {}
        self.zuora_ids[label] = self.world.zuora_account(spelled(owner, typed), bill_to=other, **fields)
        expected = self.model.import_account(label, sold_to=owner, bill_to=bill_to, max_managers=PLANS[plan])
        said = self._ask_for_import(expected, label, self.world.support())
        self.account_ids[label] = said["id"]
        first = said["first_manager"]
        assert ([first["email"]] if first else []) == list(self.model.accounts[label].members)
        return label

    def _ask_for_import(self, expected: Answer, account: str, who: Person) -> Any:
        body = {"zuora_account_id": self.zuora_ids[account], "ticket_url": TICKET}
        return self.ask(expected, "POST", "/v1/support/billing-accounts", who, body).json

    def _set_account(self, label: str, name: str, value: Any) -> None:
        note(f"support sets {name} of {label} to {value}")
        self.deployment.set_attribute("Accounts", {"key": self.account_ids[label]}, name, value)
