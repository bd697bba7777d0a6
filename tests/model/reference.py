"""The service as its rules have it, without a database: what every request answers, and what follows from it.

When the service *records* that an invitation has expired is its own business (``record_expiry``); that one past its
time counts for nothing is not.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from tests.model.state import Account, Answer, Caller, Customer, Invitation, Kept, Member, State

P = ParamSpec("P")
RANK = {"viewer": 0, "manager": 1, "admin": 2}
DAYS = 7  # R10
KEY_KEPT = timedelta(hours=24)  # R26


class Refused(Exception):
    """The request changes nothing, but for what signing in changes."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.answer = Answer(status, code)


def _answering(request: "Callable[Concatenate[Reference, P], Answer]") -> "Callable[Concatenate[Reference, P], Answer]":
    @wraps(request)
    def answer(model: "Reference", /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return request(model, *args, **kwargs)
        except Refused as refused:
            return refused.answer

    return answer


class Reference(State):
    """The requests of the service."""

    @_answering
    def import_account(self, label: str, *, sold_to: str, bill_to: str, max_managers: int | None) -> Answer:
        """Support imports an account; its Sold To becomes the first manager, if they can be one (R53)."""
        account = self.accounts[label] = Account(sold_to, bill_to, max_managers)
        known = self.customers.get(sold_to)
        able = known is None or (known.active and not self.has_enough(sold_to))
        if able:
            self.customers.setdefault(sold_to, Customer(sold_to))
            account.members[sold_to] = Member("admin", self.now)
        self.record("account_imported", label, f"account:{label}", "support", customer=sold_to if able else None)
        return Answer(201, about=label)

    @_answering
    def me(self, caller: Caller) -> Answer:
        """Signing in, and nothing else (R2, R3)."""
        return Answer(200, about=self._signed_in(caller))

    @_answering
    def view(self, caller: Caller, account: str, *, managing: bool) -> Answer:
        """Looking at an account, or at what is for those only who manage it (I8, R6)."""
        self._enter(caller, account, managing=managing)
        return Answer(200)

    @_answering
    def inbox(self, caller: Caller) -> Answer:
        """What waits for somebody; only a verified address has an inbox (R21)."""
        if not caller.verified:
            raise Refused(403, "email_not_verified")
        return Answer(200, about=self._signed_in(caller))

    @_answering
    def invite(
        self, caller: Caller, account: str, label: str, *, address: str, role: str, days: int | None, key: str | None
    ) -> Answer:
        """R7, R8, R11, R12, R26; expired invitations stand in nobody's way (I3)."""
        inviter = self._enter(caller, account, managing=True)
        body, kept = (account, address, role, days), self.kept.get((caller.identity, key or ""))
        if kept is not None and kept.until > self.now:
            if kept.body != body:
                raise Refused(422, "idempotency_key_reused")
            return Answer(201, about=kept.made, replayed=True)
        self._may_give(account, inviter, role)
        there = self.accounts[account]
        if address in there.members:
            raise Refused(409, "already_manager")
        if self.live(account=account, address=address):
            raise Refused(409, "already_invited")
        if there.closed:
            raise Refused(409, "account_closed")
        if there.max_managers is not None and self.seats(account) >= there.max_managers:
            raise Refused(409, "account_full")
        if len(self.live(account=account)) >= self.pending_each:
            raise Refused(409, "pending_limit_reached")
        until = self.now + timedelta(days=days or DAYS)
        self.invitations[label] = Invitation(account, address, role, inviter, until)
        self.record("invitation_created", account, f"invitation:{label}", f"customer:{inviter}", fact=1)
        if key is not None:
            self.kept[caller.identity, key] = Kept(body, label, self.now + KEY_KEPT)
        return Answer(201, about=label)

    @_answering
    def revoke(self, caller: Caller, account: str, label: str) -> Answer:
        """R19: for good, also an expired one; a second time changes nothing."""
        actor = self._enter(caller, account, managing=True)
        it = self.invitations[label]
        if it.account != account:
            raise Refused(404, "invitation_not_found")
        if it.status == "accepted":
            raise Refused(409, "invitation_accepted")
        if it.status != "revoked":
            self._revoke(label, actor)
        return Answer(200, about=label)

    @_answering
    def preview(self, label: str, *, generation: int) -> Answer:
        """What the holder of a link sees (R14)."""
        self._must_be_good(label, generation)
        return Answer(200, about=label)

    @_answering
    def accept(self, caller: Caller, label: str, *, generation: int) -> Answer:
        """R5, R7, R15-R17, R21."""
        own, it = self._signed_in(caller), self.invitations[label]
        there = self.accounts[it.account]
        if own in there.members and it.accepted_by == own:
            return Answer(200, about=label)
        self._must_be_good(label, generation)
        if caller.address != it.address or not caller.verified:
            it.noted = "email_mismatch" if caller.address != it.address else "email_not_verified"
            raise Refused(403, it.noted)
        if own in there.members:
            raise Refused(409, "already_manager")
        if self.has_enough(own):
            raise Refused(409, "membership_limit_reached")
        if there.closed:
            raise Refused(409, "account_closed")
        if there.max_managers is not None and self.seats(it.account) > there.max_managers:
            raise Refused(409, "account_full")
        if not self.manages(it.account, it.inviter):
            raise Refused(410, "invitation_revoked")
        if own is not None and own != it.address and self.live(account=it.account, address=own):
            raise Refused(409, "already_invited")  # at their own address, too: that invitation is the one to accept
        customer = own or it.address
        self.customers.setdefault(customer, Customer(customer, caller.identity))
        it.status, it.accepted_by, it.noted = "accepted", customer, None
        there.members[customer] = Member(it.role, self.now)
        actor = f"customer:{customer}"
        self.record("invitation_accepted", it.account, f"invitation:{label}", actor, customer=customer, fact=it.role)
        return Answer(201, about=label)

    @_answering
    def remove(self, caller: Caller, account: str, whom: str | None) -> Answer:
        """R22, R30-R33; removing oneself is leaving, and so is removing None."""
        actor = self._enter(caller, account, managing=False)
        whom = whom or actor
        if whom != actor and not self.manages(account, actor):
            raise Refused(403, "forbidden")
        there = self.accounts[account]
        if whom not in there.members:
            raise Refused(404, "manager_not_found")
        self._must_go_on(account, whom, None)
        for part, address in (("sold_to", there.sold_to), ("bill_to", there.bill_to)):
            if whom == address:
                raise Refused(409, f"is_{part}_contact")
        role = there.members.pop(whom).role
        kind = "manager_left" if whom == actor else "manager_removed"
        self.record(kind, account, f"manager:{whom}", f"customer:{actor}", customer=whom, fact=role)
        for label, it in self.invitations.items():
            if (it.account, it.inviter, it.status) == (account, whom, "pending"):
                self._revoke(label, actor)
        return Answer(204)

    @_answering
    def change_role(self, caller: Caller, account: str, whom: str, role: str) -> Answer:
        """R6, R31; nobody gives or takes away a role above their own."""
        actor = self._enter(caller, account, managing=True)
        member = self.accounts[account].members.get(whom)
        if member is None:
            raise Refused(404, "manager_not_found")
        self._may_give(account, actor, role)
        self._may_give(account, actor, member.role)
        if role != member.role:
            self._must_go_on(account, whom, role)
            change, member.role = f"{member.role} to {role}", role
            self.record("role_changed", account, f"manager:{whom}", f"customer:{actor}", customer=whom, fact=change)
        return Answer(200)

    def record_expiry(self, label: str) -> None:
        """The service takes note that an invitation is over, which it has to be."""
        it = self.invitations[label]
        assert it.status == "pending", f"{label} is {it.status}"
        assert not self.is_live(label), f"{label} is good until {it.expires_at}"
        it.status = "expired"
        self.record("invitation_expired", it.account, f"invitation:{label}", "system:expiry")

    def _signed_in(self, caller: Caller) -> str | None:
        """The customer of a sign-in, bound to it at the first one with a verified address."""
        mine = next((each for each in self.customers.values() if each.identity == caller.identity), None)
        known = mine or (self.customers.get(caller.address) if caller.verified else None)
        if known is None:
            return None
        if not known.active:
            raise Refused(403, "login_deactivated")
        if known.identity not in (None, caller.identity):
            raise Refused(403, "forbidden")
        if known.identity is None:
            known.identity, who = caller.identity, f"customer:{known.address}"
            self.record("customer_bound", None, who, who)
        return known.address

    def _enter(self, caller: Caller, account: str, *, managing: bool) -> str:
        own = self._signed_in(caller)
        if own is None or own not in self.accounts[account].members:
            raise Refused(404, "account_not_found")
        if managing and not self.manages(account, own):
            raise Refused(403, "forbidden")
        return own

    def _may_give(self, account: str, actor: str, role: str) -> None:
        if RANK[role] > RANK[self.accounts[account].members[actor].role]:
            raise Refused(403, "forbidden")

    def _must_be_good(self, label: str, generation: int) -> None:
        it = self.invitations[label]
        ended = {"accepted": "used", "revoked": "revoked"}.get(it.status)
        if ended is None and generation != it.generation:
            ended = "superseded"
        if ended is None and not self.is_live(label):
            ended = "expired"
        if ended is not None:
            raise Refused(410, f"invitation_{ended}")

    def _must_go_on(self, account: str, whom: str, role: str | None) -> None:
        """Somebody can still manage the account when that manager has gone (None) or has another role (R31)."""
        there = self.accounts[account]
        needed = {"admins": {"admin"}, "managers": {"admin", "manager"}}[there.managed_by]
        rest = {member.role for each, member in there.members.items() if each != whom} | {role}
        if there.members[whom].role in needed and not rest & needed:
            raise Refused(409, "last_manager")

    def _revoke(self, label: str, actor: str) -> None:
        was_live, it = self.is_live(label), self.invitations[label]
        it.status = "revoked"
        self.record("invitation_revoked", it.account, f"invitation:{label}", f"customer:{actor}", fact=was_live)
