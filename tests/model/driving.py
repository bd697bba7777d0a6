"""The machine's hands and eyes: sends requests to the service and the model alike, and compares all there is to see."""

import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import DataObject, SearchStrategy

from chalicelib import wiring
from chalicelib.domain.tokens import Claim, make
from tests import invariants, table_dump
from tests.gateway import Response
from tests.model.actions import actions_of, take
from tests.model.deployment import START, Deployment
from tests.model.desk import WithDesk
from tests.model.mails import MailModel
from tests.model.people import ADDRESSES, EVERYBODY, SPELLINGS
from tests.model.state import Answer, Caller, Event
from tests.model.state_diff import history, in_the_model, in_the_tables
from tests.world import TICKET, Person

TICK = timedelta(seconds=1, milliseconds=7)  # odd, so that nothing happens exactly a minute after something else
QUOTAS = (
    "MAILS_PER_ACCOUNT_AND_ADDRESS_PER_DAY",
    "MAILS_PER_ADDRESS_PER_DAY",
    "INVITATIONS_PER_INVITER_IN_10_MINUTES",
    "INVITATIONS_PER_ACCOUNT_PER_DAY",
    "CHANGES_PER_MANAGER_IN_10_MINUTES",
)
"""Bounds that these runs never meet; tests/api and tests/races have tests of their own for them."""
UNKNOWN_ACCOUNT = "acc_00000000000000000000000000"

number = st.integers(0, 11)
LIVELY = 8  # how much likelier a live invitation is than one that has ended
FEW = 8  # of the numbers, those from here on mean something unusual
DESK = 11  # and this one the support desk, where it may act too
whose = st.sampled_from(ADDRESSES)
roles = st.sampled_from(["admin", "manager", "viewer"])
spelling = st.sampled_from(SPELLINGS)
spelling_in_zuora = st.sampled_from([each for each in SPELLINGS if each != "spaced"])


def accounts(machine: "Driven") -> SearchStrategy[str]:
    """Any account, the first one more often."""
    every = list(machine.model.accounts)
    return st.sampled_from(every[:1] * 2 + every)


def invitations(machine: "Driven") -> SearchStrategy[str] | None:
    """Any invitation, the live ones more often."""
    every = list(machine.model.invitations)
    return st.sampled_from(machine.model.live() * LIVELY + every) if every else None


def live_ones(machine: "Driven") -> SearchStrategy[str] | None:
    """Any live invitation that has an end."""
    live = [each for each in machine.model.live() if machine.model.invitations[each].validity]
    return st.sampled_from(live) if live else None


class Driven(RuleBasedStateMachine):
    """Service and model side by side. Labels are the model's names; the dictionaries lead to the service's ids."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__()
        self.deployment, self.world = deployment, deployment.world
        self.patch = pytest.MonkeyPatch()
        self.account_ids: dict[str, str] = {}
        self.invitation_ids: dict[str, str] = {}
        self.zuora_ids: dict[str, str] = {}
        self.secrets: set[str] = set()
        self.lowered: set[str] = set()
        self.bodies: list[str] = []
        self.events: dict[str, Event] = {}
        self.relayed: set[str] = set()
        self._sure_of: object = None
        self._stranger_sees: dict[str, Any] = {}
        self._looks = 0
        self.actions = actions_of(type(self))

    def begin(self, *, memberships_each: int | None, pending_each: int) -> None:
        """An empty deployment with those settings, and a model of it."""
        self.model = WithDesk(now=START, memberships_each=memberships_each, pending_each=pending_each)
        self.post = MailModel(self.model)
        self.deployment.empty(
            self.patch,
            MEMBERSHIPS_PER_CUSTOMER="unlimited" if memberships_each is None else str(memberships_each),
            PENDING_INVITATIONS_PER_ACCOUNT=str(pending_each),
            **dict.fromkeys(QUOTAS, "1000000"),
        )

    def teardown(self) -> None:
        """Lets everything come to rest, unless the run has failed before."""
        try:
            if sys.exc_info()[0] is None and hasattr(self, "model"):
                self.come_to_rest()
        finally:
            self.patch.undo()

    def come_to_rest(self) -> None:
        """Until nothing is on its way any more."""
        raise NotImplementedError

    @rule(data=st.data())
    def something_happens(self, data: DataObject) -> None:
        """The next action."""
        take(self, self.actions, data)

    # Doing

    def ask(
        self,
        expected: Answer,
        method: str,
        path: str,
        caller: Caller | Person | None = None,
        body: Any = None,
        *,
        email: str | None = None,
        headers: dict[str, str] | None = None,
        shown: str | None = None,
    ) -> Response:
        """Sends a request, and holds the answer to the model's; ``email`` is the address as the token has it.

        ``shown`` is the one token that may stand in the answer.
        """
        who = self.signed_in(caller, email) if isinstance(caller, Caller) else caller
        name = caller.identity if isinstance(caller, Caller) else caller.email if caller else "nobody"
        note(f"{name}: {method} {path} {body or ''} -> {expected.status} {expected.code or ''}")
        answer = self.world.call(method, path, who, body, headers)
        assert (answer.status, answer.code) == (expected.status, expected.code), answer.text
        assert (answer.headers.get("Idempotency-Replayed") == "true") == expected.replayed
        said = answer.text.replace(shown, "") if shown else answer.text
        for secret in self.secrets:
            assert secret not in said + repr(answer.headers), f"I6: a token in the answer to {method} {path}"
        if answer.status == 404:
            self._like_nothing(answer)
        self._note_expiries()
        self.pass_time(TICK)
        return answer

    def ask_about(
        self,
        expected: Answer,
        method: str,
        account: str,
        path: str,
        caller: Caller | None,
        **more: Any,
    ) -> Response:
        """A request about an account by somebody, or (None) by the support desk with its ticket."""
        if caller is not None:
            return self.ask(expected, method, self.account_path(account) + path, caller, **more)
        path = f"/v1/support/billing-accounts/{self.account_ids[account]}{path}"
        more["body"] = {**(more.get("body") or {}), "ticket_url": TICKET}
        return self.ask(expected, method, path, self.world.support(), **more)

    def signed_in(self, caller: Caller, email: str | None = None) -> Person:
        """A sign-in that says this of the caller."""
        typed = email or caller.address
        return self.deployment.session(caller.identity, typed, verified=caller.verified, now=self.model.now)

    def pass_time(self, span: timedelta) -> None:
        """Lets time go by, for everybody."""
        self.model.pass_time(span)
        self.deployment.clock.move_to(self.model.now)

    def token(self, label: str, generation: int | None = None) -> str:
        """The token of an invitation's link, as the mail has it."""
        it, ring = self.model.invitations[label], wiring.key_ring()
        ids = self.account_ids[it.account], self.invitation_ids[label]
        token = make(ring, Claim(ring.current, *ids, generation or it.generation))
        self.secrets |= {token, token.partition(".")[2]}
        return token

    def member(self, account: str, number: int) -> Caller:
        """Somebody by number: mostly one of those who manage the account, now and then just anybody."""
        members = list(self.model.accounts[account].members)
        if not members or number >= FEW:
            return EVERYBODY[number % len(EVERYBODY)]
        return self.face(members[number % len(members)])

    def member_or_desk(self, account: str, number: int) -> Caller | None:
        """The same, or (None) the support desk."""
        return None if number == DESK else self.member(account, number)

    def face(self, address: str) -> Caller:
        """How somebody signs in who is known by that address."""
        identity = self.model.customers[address].identity
        return next(
            each for each in EVERYBODY if each.identity == identity or (not identity and each.address == address)
        )

    def account_path(self, account: str) -> str:
        """The path of an account."""
        return f"/v1/billing-accounts/{self.account_ids[account]}"

    def customer_ids(self) -> dict[str, str]:
        """The ids of the customers by address."""
        found = table_dump.read(self.deployment.tables()).customers
        return {str(it["address"]): customer_id for customer_id, it in found.items()}

    def accept_it(self, label: str, caller: Caller) -> None:
        """Accepts an invitation by its newest link."""
        raise NotImplementedError

    def bring_in(self, account: str, newcomer: Caller, role: str) -> None:
        """Invites somebody who accepts."""
        raise NotImplementedError

    # Seeing

    @invariant()
    def everything_stored_is_right(self) -> None:
        """I1-I6, I8 on the tables, and that they say what the model says."""
        tables = self.deployment.tables()
        if tables != self._sure_of:
            read = table_dump.read(tables)
            lowered = {self.account_ids[each] for each in self.lowered}
            assert invariants.violations_in(tables, now=self.model.now, lowered=lowered, texts=self.bodies) == []
            labels = {ident: label for label, ident in (self.account_ids | self.invitation_ids).items()}
            assert in_the_tables(read, labels) == in_the_model(self.model)
            self.events = history(read, labels)
            assert Counter(self.events.values()) == Counter(self.model.events)
            assert {each.id for each in read.events if not each.waiting} == self.relayed
            self._sure_of = tables

    def _note_expiries(self) -> None:
        """Tells the model which invitations the service has recorded as expired, at the time when it did."""
        over = [
            label
            for label, it in self.model.invitations.items()
            if it.status == "pending" and not self.model.is_live(label)
        ]
        stored = table_dump.read(self.deployment.tables()).invitations if over else {}
        for label in over:
            pair = self.account_ids[self.model.invitations[label].account], self.invitation_ids[label]
            if stored[pair]["status"] == "expired":
                self.model.record_expiry(label)

    @invariant()
    def everybody_sees_what_is_theirs(self) -> None:
        """I8, R6: one person looks at one account, one by one; to strangers it is not there at all."""
        self._looks += 1
        account = list(self.account_ids)[self._looks % len(self.account_ids)]
        self.look(EVERYBODY[self._looks % len(EVERYBODY)], account, self._looks)

    def look(self, caller: Caller, account: str, which: int) -> None:
        """Asks for one of the account's pages."""
        raise NotImplementedError

    def _like_nothing(self, answer: Response) -> None:
        """What is not there, or not yours, is described in the same words (I8)."""
        said = {name: value for name, value in answer.json.items() if name != "request_id"}
        assert said == self._stranger_sees.setdefault(str(answer.code), said)
