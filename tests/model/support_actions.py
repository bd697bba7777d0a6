"""The actions of the support desk."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize
from hypothesis.strategies import SearchStrategy

from tests.model.actions import action
from tests.model.driving import (
    FEW,
    UNKNOWN_ACCOUNT,
    Driven,
    accounts,
    number,
    roles,
    spelling,
    spelling_in_zuora,
    whose,
)
from tests.model.people import ADDRESSES, EVERYBODY, spelled
from tests.model.state import Answer, Caller
from tests.world import TICKET, Person

PLANS = ["Team", "Enterprise", ""]
MOST_ACCOUNTS = 4  # more would only scatter what happens
EDITS: dict[str, dict[str, Any]] = {
    "unlimited seats": {"max_managers": None},
    "closed": {"status": "closed"},
    "active": {"status": "active"},
    "by admins": {"managed_by": "admins"},
    "by managers": {"managed_by": "managers"},
    "another plan": {"plan": "team"},
    "a plan without bound": {"plan": "enterprise"},
    "a plan with another bound": {"plan": "team", "max_managers": 3},
}
SEATS = {"just enough seats": 0, "too few seats": -1, "enough seats": 1}
"""A bound, by how many more than are used."""

PROOFS = st.sampled_from(["contract", "contract", "contract", "sold_to", "bill_to"])
URL = "https://files.example/proof-1"
switches = st.booleans()


def _owner(machine: Driven) -> SearchStrategy[str] | None:
    """The Sold To of one account more."""
    return whose if len(machine.account_ids) < MOST_ACCOUNTS else None


def _candidates(machine: Driven) -> SearchStrategy[str]:
    """Anybody, those who are invited more often."""
    invited = [machine.model.invitations[each].address for each in machine.model.live()]
    return st.sampled_from([*ADDRESSES, *(each for each in invited * 3 if each)])


class SupportActions(Driven):
    """What support imports, sets, grants and takes away."""

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

    @action(1, owner=_owner, bill_to=whose, plan=st.sampled_from(PLANS), typed=spelling_in_zuora)
    def import_account(self, *, owner: str, bill_to: str, plan: str, typed: str) -> None:
        """R53: with one contact or two, with a new customer or a known one."""
        self._import(owner, bill_to, plan, typed)

    @action(1, account=accounts, group=st.sampled_from(["billing-support", "billing-support-readonly", ""]))
    def import_it_again(self, *, account: str, group: str) -> None:
        """R60: only support may; what is known already is answered and stays as it is."""
        expected = Answer(200) if group == "billing-support" else Answer(403, "forbidden")
        self._ask_for_import(expected, account, self.world.support(group=group))

    @action(6, account=accounts, change=st.sampled_from([*EDITS, *SEATS]))
    def edit_account(self, *, account: str, change: str) -> None:
        """R6, R7, R17: its seats, its plan, who manages it, whether it takes anybody."""
        wanted = EDITS.get(change) or {"max_managers": max(1, self.model.seats(account) + SEATS[change])}
        self.lowered |= {account} if "max_managers" in wanted or "plan" in wanted else set()
        expected = self.model.edit_account(account, wanted)
        answer = self.ask_about(expected, "PATCH", account, "", None, body=wanted)
        if expected.status == 200:
            there, said = self.model.accounts[account], answer.json
            right = there.plan, there.managed_by, there.status, there.max_managers
            assert (said["plan"], said["managed_by"], said["status"], said["limits"]["managers"]["max"]) == right

    @action(2, on=switches, whom=number, last=switches)
    def switch_a_login(self, *, on: bool, whom: int, last: bool) -> None:
        """R3, R22, R31: of anybody who is a customer, also of the last who can sign in, if support says so."""
        known = list(self.model.customers)
        if known:
            address = known[whom % len(known)]
            body = {"login_activated": on, "confirm_reactivation": True, "ticket_url": TICKET}
            body |= {"allow_last": True, "reason": "They asked for it."} if last else {}
            path = f"/v1/support/customers/{self.customer_ids()[address]}"
            self.ask(self.model.switch_login(address, on=on, last=last), "PATCH", path, self.world.support(), body)

    @action(4, account=accounts, address=_candidates, role=roles, proof=PROOFS, typed=spelling, by_id=switches)
    def grant(self, *, account: str, address: str, role: str, proof: str, typed: str, by_id: bool) -> None:
        """R62, R5, R7: managers, invited ones, people with a record and without, on a proof that is enough or not."""
        there, known = self.model.accounts[account], address in self.model.customers
        approver = {"sold_to": there.sold_to, "bill_to": there.bill_to}.get(proof)
        verification = {"method": "prior_contract", "contract_url": URL}
        if approver is not None:
            verification = {"method": "sold_to_approval", "approved_by": approver, "approval_url": URL}
        body: dict[str, Any] = {"role": role, "verification": verification}
        body |= {"customer_id": self.customer_ids()[address]} if by_id and known else {"email": spelled(address, typed)}
        expected = self.model.grant(account, address, role, approved_by=approver)
        answer = self.ask_about(expected, "POST", account, "/managers", None, body=body)
        if expected.status == 201:
            said = answer.json
            assert (said["email"], said["role"], said["new_customer"]) == (address, role, not known)

    @action(
        4, account=accounts, whom=number, last=switches, contact=switches, dry_run=st.sampled_from([False] * 3 + [True])
    )
    def take_away(self, *, account: str, whom: int, last: bool, contact: bool, dry_run: bool) -> None:
        """R63, R31, R32: anybody, also the last one and the contacts, if support says so."""
        members = list(self.model.accounts[account].members)
        address = ADDRESSES[whom % len(ADDRESSES)] if whom >= FEW or not members else members[whom % len(members)]
        path = f"/managers/{self.customer_ids().get(address, 'cus_unknown')}/remove"
        body = {"reason": "They asked for it.", "allow_last": last, "override_contact": contact, "dry_run": dry_run}
        expected = self.model.take_away(account, address, last=last, contact=contact, dry_run=dry_run)
        self.ask_about(expected, "POST", account, path, None, body=body)

    def _import(self, owner: str, bill_to: str, plan: str, typed: str = "plain") -> str:
        label = f"a{len(self.model.accounts) + 1}"
        other = None if bill_to == owner else spelled(bill_to, typed)
        fields = {"Plan__c": plan} if plan else {}
        self.zuora_ids[label] = self.world.zuora_account(spelled(owner, typed), bill_to=other, **fields)
        expected = self.model.import_account(label, sold_to=owner, bill_to=bill_to, plan=plan.lower() or None)
        said = self._ask_for_import(expected, label, self.world.support())
        self.account_ids[label] = said["id"]
        first = said["first_manager"]
        assert ([first["email"]] if first else []) == list(self.model.accounts[label].members)
        return label

    def _ask_for_import(self, expected: Answer, account: str, who: Person) -> Any:
        body = {"zuora_account_id": self.zuora_ids[account], "ticket_url": TICKET}
        return self.ask(expected, "POST", "/v1/support/billing-accounts", who, body).json
