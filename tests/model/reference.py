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
DAY = timedelta(hours=24)  # R23
KEY_KEPT = timedelta(hours=24)  # R26
COOLDOWN = timedelta(seconds=60)  # R24


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
        self,
        caller: Caller,
        account: str,
        label: str,
        *,
        address: str | None,
        role: str,
        days: int | None,
        key: str | None,
    ) -> Answer:
        """R7, R8, R10-R12, R26; without an address it is a link. Expired invitations stand in nobody's way (I3)."""
        inviter = self._enter(caller, account, managing=True)
        body, kept = (account, address, role, days), self.kept.get((caller.identity, key or ""))
        if kept is not None and kept.until > self.now:
            if kept.body != body:
                raise Refused(422, "idempotency_key_reused")
            return Answer(201, about=kept.made, replayed=True)
        self._may_give(account, inviter, role)
        if address is not None:
            self._must_be_free(account, address)
        self._must_have_room(account)
        usual = None if address is None else timedelta(days=DAYS)
        validity = usual if days is None else timedelta(days=days)
        sent_at = None if address is None else self.now
        self.invitations[label] = Invitation(account, address, role, inviter, validity, self.now, sent_at)
        self.record("invitation_created", account, f"invitation:{label}", f"customer:{inviter}", fact=1)
        if key is not None:
            self.kept[caller.identity, key] = Kept(body, label, self.now + KEY_KEPT)
        return Answer(201, about=label)

    @_answering
    def resend(self, caller: Caller, account: str, label: str, *, address: str | None) -> Answer:
        """R11, R14, R24: a new link and a new end, of one that is pending or expired; maybe to another address."""
        actor, it = self._enter(caller, account, managing=True), self.invitations[label]
        if it.account != account:
            raise Refused(404, "invitation_not_found")
        if it.address is None:
            raise Refused(409, "invitation_is_a_link")
        if it.status in ("accepted", "declined", "revoked"):
            raise Refused(409, f"invitation_{it.status}")
        if it.sent_at is not None and self.now < it.sent_at + COOLDOWN:
            raise Refused(429, "rate_limited")
        self._may_give(account, actor, it.role)
        if self.accounts[account].closed:
            raise Refused(409, "account_closed")
        was_live = self.is_live(label)
        if not was_live:
            if it.status == "pending":
                self.record_expiry(label)
            self._must_have_room(account)
        address = address or it.address
        if address != it.address or not was_live:
            self._must_be_free(account, address)
        if not was_live or not self.manages(account, it.inviter):
            it.inviter = actor
        it.status, it.address, it.generation, it.noted = "pending", address, it.generation + 1, None
        it.renewed_at = it.sent_at = self.now
        it.reminders, it.asked_at, it.unreachable = 0, None, False
        who = f"customer:{actor}"
        self.record("invitation_resent", account, f"invitation:{label}", who, fact=it.generation)
        return Answer(200, about=label)

    @_answering
    def decline(self, label: str) -> Answer:
        """R18: whoever holds a link, also an old one, and after its expiry; a second time changes nothing."""
        self._decline(label, "invitee")
        return Answer(200)

    @_answering
    def decline_own(self, caller: Caller, label: str) -> Answer:
        """R18, R21: from the inbox."""
        own = self._must_be_own(caller, label)
        self._decline(label, f"customer:{own}" if own else "invitee")
        return Answer(200)

    @_answering
    def request_new(self, label: str, *, generation: int) -> Answer:
        """R23: for the newest link, when it is over, once a day."""
        it = self.invitations[label]
        try:
            self._must_be_good(label, generation)
        except Refused as refused:
            if refused.answer.code != "invitation_expired":
                raise
        else:
            raise Refused(409, "invitation_still_valid")
        if it.asked_at is not None and self.now < it.asked_at + DAY:
            raise Refused(429, "rate_limited")
        it.asked_at = self.now
        self.record("invitation_new_requested", it.account, f"invitation:{label}", "invitee")
        return Answer(202)

    @_answering
    def accept_own(self, caller: Caller, label: str) -> Answer:
        """R21: from the inbox, without the link."""
        self._must_be_own(caller, label)
        return self.accept(caller, label, generation=self.invitations[label].generation)

    @_answering
    def switch_login(self, address: str, *, on: bool) -> Answer:
        """R3, R22: switched off, the invitations that the person sent end too."""
        customer = self.customers[address]
        if customer.active is not on:
            customer.active = on
            kind, who = f"login_{'re' if on else 'de'}activated", f"customer:{address}"
            self.record(kind, None, who, "support", customer=address)
            for label, it in self.invitations.items():
                if not on and (it.inviter, it.status) == (address, "pending"):
                    self._revoke(label, "support")
        return Answer(200)

    def look_after(self) -> None:
        """R20: the schedule reminds and expires."""
        for label, it in self.invitations.items():
            if it.status != "pending":
                continue
            if not self.is_live(label):
                self.record_expiry(label)
            elif it.reminder_at is not None and it.reminder_at <= self.now:
                while it.reminder_at is not None and it.reminder_at <= self.now:
                    it.reminders += 1
                if not it.unreachable:
                    it.sent_at = self.now
                    fact = f"{it.generation}/{it.reminders}"
                    self.record("invitation_reminded", it.account, f"invitation:{label}", "system:reminders", fact=fact)

    @_answering
    def revoke(self, caller: Caller, account: str, label: str) -> Answer:
        """R19: for good, also an expired one; a declined one stays so, and a second time changes nothing."""
        actor = self._enter(caller, account, managing=True)
        it = self.invitations[label]
        if it.account != account:
            raise Refused(404, "invitation_not_found")
        if it.status == "accepted":
            raise Refused(409, "invitation_accepted")
        if it.status not in ("revoked", "declined"):
            self._revoke(label, f"customer:{actor}")
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
        if it.address is not None and (caller.address != it.address or not caller.verified):
            it.noted = "email_mismatch" if caller.address != it.address else "email_not_verified"
            raise Refused(403, it.noted)
        if own in there.members:
            raise Refused(409, "already_manager")
        if there.closed:
            raise Refused(409, "account_closed")
        if there.max_managers is not None and self.seats(it.account) > there.max_managers:
            raise Refused(409, "account_full")
        if own is None and not caller.verified:
            raise Refused(403, "email_not_verified")
        if self.has_enough(own):
            raise Refused(409, "membership_limit_reached")
        if not self.manages(it.account, it.inviter):
            raise Refused(410, "invitation_revoked")
        customer = own or caller.address
        moot = [each for each in self.live(account=it.account, address=customer) if each != label]
        self.customers.setdefault(customer, Customer(customer, caller.identity))
        it.status, it.accepted_by, it.noted = "accepted", customer, None
        there.members[customer] = Member(it.role, self.now)
        actor = f"customer:{customer}"
        self.record("invitation_accepted", it.account, f"invitation:{label}", actor, customer=customer, fact=it.role)
        for each in moot:
            self._revoke(each, actor)
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
                self._revoke(label, f"customer:{actor}")
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
            self.record("customer_bound", None, who, who, customer=known.address)
        return known.address

    def _enter(self, caller: Caller, account: str, *, managing: bool) -> str:
        own = self._signed_in(caller)
        if own is None or own not in self.accounts[account].members:
            raise Refused(404, "account_not_found")
        if managing and not self.manages(account, own):
            raise Refused(403, "forbidden")
        return own

    def _must_be_own(self, caller: Caller, label: str) -> str | None:
        """Whose inbox it is in (R21); returns the customer."""
        if not caller.verified:
            raise Refused(403, "email_not_verified")
        own = self._signed_in(caller)
        if self.invitations[label].address != caller.address:
            raise Refused(404, "invitation_not_found")
        return own

    def _must_be_free(self, account: str, address: str) -> None:
        if address in self.accounts[account].members:
            raise Refused(409, "already_manager")
        if self.live(account=account, address=address):
            raise Refused(409, "already_invited")

    def _must_have_room(self, account: str) -> None:
        there = self.accounts[account]
        if there.closed:
            raise Refused(409, "account_closed")
        if there.max_managers is not None and self.seats(account) >= there.max_managers:
            raise Refused(409, "account_full")
        if len(self.live(account=account)) >= self.pending_each:
            raise Refused(409, "pending_limit_reached")

    def _may_give(self, account: str, actor: str, role: str) -> None:
        if RANK[role] > RANK[self.accounts[account].members[actor].role]:
            raise Refused(403, "forbidden")

    def _must_be_good(self, label: str, generation: int) -> None:
        it = self.invitations[label]
        ended = {"accepted": "used", "revoked": "revoked", "declined": "declined"}.get(it.status)
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
        self.record("invitation_revoked", it.account, f"invitation:{label}", actor, fact=was_live)

    def _decline(self, label: str, actor: str) -> None:
        it = self.invitations[label]
        if it.status in ("accepted", "revoked"):
            raise Refused(410, "invitation_used" if it.status == "accepted" else "invitation_revoked")
        if it.status != "declined":
            was_live = self.is_live(label)
            it.status = "declined"
            self.record("invitation_declined", it.account, f"invitation:{label}", actor, fact=was_live)
