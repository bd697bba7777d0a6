"""The actions of those who manage accounts, and of those who would like to."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.model.actions import action
from tests.model.driving import FEW, Driven, accounts, invitations, number, roles, spelling, whose
from tests.model.people import ADDRESSES, EVERYBODY, spelled
from tests.model.state import Caller

spans = st.sampled_from([None, 1, 7, 30])
keys = st.sampled_from([None, "key-1", "key-2"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invitation as somebody asks for it; the support desk if nobody. ``typed`` is how the address is spelled."""

    caller: Caller | None
    account: str
    address: str | None
    role: str
    days: int | None
    typed: str
    key: str | None


def _keyed(machine: "ManagerActions") -> SearchStrategy[Wanted] | None:
    """An invitation that was asked for with a key."""
    return st.sampled_from(machine.keyed) if machine.keyed else None


PROOF = {"method": "prior_contract", "contract_url": "https://files.example/proof-1"}
"""What support presents to invite somebody (R67)."""


class ManagerActions(Driven):
    """Inviting, revoking, removing, leaving, giving roles."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.keyed: list[Wanted] = []

    @action(3, account=accounts, by=number, address=whose, role=roles, days=spans, typed=spelling)
    def invite(self, *, account: str, by: int, address: str, role: str, days: int | None, typed: str) -> None:
        """R7, R8, R10-R12: by anybody, for anybody: managers, invited ones, addresses typed differently."""
        self._invite(Wanted(self.member_or_desk(account, by), account, address, role, days, typed, None))

    @action(4, account=accounts, by=number, newcomer=number, days=st.sampled_from([None, 1]), key=keys)
    def invite_somebody_new(self, *, account: str, by: int, newcomer: int, days: int | None, key: str | None) -> None:
        """R7, R8, R26: somebody who is not there yet, by somebody who may, if there are such."""
        managing, there = self.model.managing(account), self.model.accounts[account].members
        new = [each for each in ADDRESSES if each not in there] or list(ADDRESSES)
        caller = self.face(managing[by % len(managing)]) if managing else self.member(account, by)
        wanted = Wanted(caller, account, new[newcomer % len(new)], "manager", days, "plain", key)
        if key is not None:
            self.keyed.append(wanted)
        self._invite(wanted)

    @action(3, account=accounts, newcomer=number, role=roles)
    def bring_somebody_in(self, *, account: str, newcomer: int, role: str) -> None:
        """R15, R17, R21: an invitation that is accepted at once, if both go well."""
        new = [each for each in EVERYBODY if each.address not in self.model.accounts[account].members]
        self.bring_in(account, (new or EVERYBODY)[newcomer % len(new or EVERYBODY)], role)

    @action(2, wanted=_keyed, change=st.sampled_from(["nothing", "nothing", "role", "address"]))
    def repeat_an_invitation(self, *, wanted: Wanted, change: str) -> None:
        """R26: the same key with the same body, or with another."""
        if change == "role":
            wanted = replace(wanted, role="viewer" if wanted.role != "viewer" else "manager")
        if change == "address" and wanted.address is not None:
            others = [each for each in ADDRESSES if each != wanted.address]
            wanted = replace(wanted, address=others[0])
        self._invite(wanted)

    @action(3, label=invitations, by=number, elsewhere=st.sampled_from([False, False, False, True]))
    def revoke(self, *, label: str, by: int, elsewhere: bool) -> None:
        """R19: again and again, after expiry, after acceptance, and through another account's path (I8, S6)."""
        account = list(self.model.accounts)[-1] if elsewhere else self.model.invitations[label].account
        caller = self.member_or_desk(account, by)
        expected = self.model.revoke(caller, account, label)
        path = f"/invitations/{self.invitation_ids[label]}/revoke"
        answer = self.ask_about(expected, "POST", account, path, caller)
        if expected.status == 200:
            assert answer.json["status"] == self.model.invitations[label].status

    @action(4, account=accounts, by=number, whom=number)
    def remove(self, *, account: str, by: int, whom: int) -> None:
        """R22, R30-R32: managers, oneself, and now and then somebody who does not manage the account."""
        members = list(self.model.accounts[account].members)
        outside = whom >= FEW or not members
        address = ADDRESSES[whom % len(ADDRESSES)] if outside else members[whom % len(members)]
        caller = self.member(account, by)
        path = f"{self.account_path(account)}/managers/{self.customer_ids().get(address, 'cus_unknown')}"
        self.ask(self.model.remove(caller, account, address), "DELETE", path, caller)

    @action(1, account=accounts, who=number)
    def leave(self, *, account: str, who: int) -> None:
        """R33."""
        caller = self.member(account, who)
        self.ask(self.model.remove(caller, account, None), "POST", f"{self.account_path(account)}/leave", caller)

    @action(3, account=accounts, by=number, whom=number, role=roles)
    def change_role(self, *, account: str, by: int, whom: int, role: str) -> None:
        """R6, R31."""
        caller, members = self.member_or_desk(account, by), list(self.model.accounts[account].members)
        address = members[whom % len(members)] if members else ADDRESSES[0]
        path = f"/managers/{self.customer_ids().get(address, 'cus_unknown')}"
        expected = self.model.change_role(caller, account, address, role)
        answer = self.ask_about(expected, "PATCH", account, path, caller, body={"role": role})
        if expected.status == 200:
            assert answer.json["role"] == role

    @action(2, account=accounts, by=number, role=roles, days=spans, key=keys)
    def make_a_link(self, *, account: str, by: int, role: str, days: int | None, key: str | None) -> None:
        """R10, R12, R26: for whoever holds it, with or without an end."""
        wanted = Wanted(self.member(account, by), account, None, role, days, "plain", key)
        if key is not None:
            self.keyed.append(wanted)
        self._invite(wanted)

    @action(4, label=invitations, by=number, address=st.sampled_from([None, None, *ADDRESSES]), typed=spelling)
    def resend(self, *, label: str, by: int, address: str | None, typed: str) -> None:
        """R11, R14, R24: pending, expired, just sent, ended; to the same address or another."""
        it = self.model.invitations[label]
        caller, account = self.member_or_desk(it.account, by), it.account
        path = f"/invitations/{self.invitation_ids[label]}/resend"
        expected = self.model.resend(caller, account, label, address=address)
        body: dict[str, Any] | None = None if address is None else {"email": spelled(address, typed)}
        if caller is None and body is not None:
            body = {**body, "verification": PROOF}
        answer = self.ask_about(expected, "POST", account, path, caller, body=body)
        if expected.status == 200:
            assert (answer.json["status"], answer.json["email"]) == ("pending", it.address)
            self.token(label)

    def bring_in(self, account: str, newcomer: Caller, role: str) -> None:
        """Somebody is invited by a manager, and accepts; as far as it goes."""
        managing = self.model.managing(account)
        caller = self.face(managing[0]) if managing else newcomer
        made = self._invite(Wanted(caller, account, newcomer.address, role, None, "plain", None))
        if made is not None:
            self.accept_it(made, newcomer)

    def _invite(self, wanted: Wanted) -> str | None:
        label = f"i{len(self.model.invitations) + 1}"
        expected = self.model.invite(
            wanted.caller,
            wanted.account,
            label,
            address=wanted.address,
            role=wanted.role,
            days=wanted.days,
            key=wanted.key,
        )
        body: dict[str, Any] = {"kind": "link", "role": wanted.role}
        if wanted.address is not None:
            body = {"email": spelled(wanted.address, wanted.typed), "role": wanted.role}
            body |= {} if wanted.caller else {"verification": PROOF}
        body |= {} if wanted.days is None else {"expires_in_days": wanted.days}
        headers = {} if wanted.key is None else {"Idempotency-Key": wanted.key}
        shown = self.token(str(expected.about), 1) if expected.replayed and wanted.address is None else None
        answer = self.ask_about(
            expected, "POST", wanted.account, "/invitations", wanted.caller, body=body, headers=headers, shown=shown
        )
        if expected.status != 201:
            return None
        made = str(expected.about)
        self.invitation_ids.setdefault(made, answer.json["id"])
        assert (answer.json["id"], answer.json["status"]) == (self.invitation_ids[made], "pending")
        token = self.token(made, 1)
        link = answer.json.get("accept_url")
        assert link is None if wanted.address else link.endswith(f"#{token}")
        return None if expected.replayed else made
