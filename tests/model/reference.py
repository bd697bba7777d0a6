"""The service as its rules have it, without a database: what every request answers, and what follows from it.

When the service *records* that an invitation has expired is its own business (``record_expiry``); that one past its
time counts for nothing is not. Where the caller may be None it is the support desk.
"""

from datetime import timedelta

from tests.model.guards import Guards, Refused, answering, named
from tests.model.state import Answer, Caller, Customer, Invitation, Kept, Member

DAYS = 7  # R10
DAY = timedelta(hours=24)  # R23
KEY_KEPT = timedelta(hours=24)  # R26
COOLDOWN = timedelta(seconds=60)  # R24


class Reference(Guards):
    """The requests of the service."""

    @answering
    def me(self, caller: Caller) -> Answer:
        """Signing in, and nothing else (R2, R3)."""
        return Answer(200, about=self._signed_in(caller))

    @answering
    def view(self, caller: Caller, account: str, *, managing: bool) -> Answer:
        """Looking at an account, or at what is for those only who manage it (I8, R6)."""
        self._enter(caller, account, managing=managing)
        return Answer(200)

    @answering
    def inbox(self, caller: Caller) -> Answer:
        """What waits for somebody; only a verified address has an inbox (R21). What they manage already ends (R2)."""
        if not caller.verified:
            raise Refused(403, "email_not_verified")
        own = self._signed_in(caller)
        for label in self.live(address=caller.address):
            if own is not None and own in self.accounts[self.invitations[label].account].members:
                self._is_not_needed(label, own)
        return Answer(200, about=own)

    @answering
    def invite(
        self,
        caller: Caller | None,
        account: str,
        label: str,
        *,
        address: str | None,
        role: str,
        days: int | None,
        key: str | None,
    ) -> Answer:
        """R7, R8, R10-R12, R26; without an address it is a link. Expired invitations stand in nobody's way (I3)."""
        inviter, whose = self._enter_as(caller, account), caller.identity if caller else ""
        body, kept = (account, address, role, days), self.kept.get((whose, key or ""))
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
        self.record("invitation_created", account, f"invitation:{label}", named(inviter), fact=1)
        if key is not None:
            self.kept[whose, key] = Kept(body, label, self.now + KEY_KEPT)
        return Answer(201, about=label)

    @answering
    def resend(self, caller: Caller | None, account: str, label: str, *, address: str | None) -> Answer:
        """R11, R14, R24: a new link and a new end, of one that is pending or expired; maybe to another address."""
        actor, it = self._enter_as(caller, account), self.invitations[label]
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
        if not was_live or not self._vouched(account, it.inviter, it.role):
            it.inviter = actor
        it.readdress(address)
        it.status, it.generation, it.noted = "pending", it.generation + 1, None
        it.renewed_at = it.sent_at = self.now
        it.reminders, it.asked_at, it.unreachable = 0, None, False
        self.record("invitation_resent", account, f"invitation:{label}", named(actor), fact=it.generation)
        return Answer(200, about=label)

    @answering
    def decline(self, label: str, generation: int) -> Answer:
        """R14, R18: whoever holds a link, also an old one to the same address, and after its expiry; once."""
        it = self.invitations[label]
        if it.status not in ("accepted", "revoked") and generation < it.addressed_since:
            raise Refused(410, "invitation_superseded")
        self._decline(label, "invitee")
        return Answer(200)

    @answering
    def decline_own(self, caller: Caller, label: str) -> Answer:
        """R18, R21: from the inbox."""
        own = self._must_be_own(caller, label)
        again = self.invitations[label].status == "declined"
        self._decline(label, f"customer:{own}" if own else "invitee")
        if own is not None and not again:
            self._acted_under(own, caller.address)
        return Answer(200)

    @answering
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

    @answering
    def accept_own(self, caller: Caller, label: str) -> Answer:
        """R21: from the inbox, without the link."""
        self._must_be_own(caller, label)
        return self.accept(caller, label, generation=self.invitations[label].generation)

    def run_schedule(self) -> None:
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

    @answering
    def revoke(self, caller: Caller | None, account: str, label: str) -> Answer:
        """R19: for good, also an expired one; a declined one stays so, and a second time changes nothing."""
        actor, it = self._enter_as(caller, account), self.invitations[label]
        if it.account != account:
            raise Refused(404, "invitation_not_found")
        if it.status == "accepted":
            raise Refused(409, "invitation_accepted")
        if it.status not in ("revoked", "declined"):
            self._revoke(label, named(actor))
        return Answer(200, about=label)

    @answering
    def preview(self, label: str, *, generation: int) -> Answer:
        """What the holder of a link sees (R14)."""
        self._must_be_good(label, generation)
        return Answer(200, about=label)

    @answering
    def open(self, caller: Caller, label: str, *, generation: int) -> Answer:
        """R2: the same for somebody who is signed in; one who manages the account already ends it by that."""
        it = self.invitations[label]
        self._must_be_good(label, generation)
        own = next((each for each in self.customers.values() if each.identity == caller.identity), None)
        if own is None or not own.active or own.address not in self.accounts[it.account].members:
            return Answer(200, about=label)
        if caller.verified and it.address == caller.address:
            self._is_not_needed(label, own.address)
            raise Refused(410, "invitation_revoked")
        return Answer(200, about=label)

    def waiting(self, caller: Caller) -> list[str]:
        """R2, R21: the live invitations for an address, but for those to accounts that the person manages."""
        own = self.me(caller).about
        return [
            label
            for label in self.live(address=caller.address)
            if caller.verified and own not in self.accounts[self.invitations[label].account].members
        ]

    @answering
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
        self._must_not_manage(label, own)
        if there.closed:
            raise Refused(409, "account_closed")
        if there.max_managers is not None and self.seats(it.account) > there.max_managers:
            raise Refused(409, "account_full")
        if own is None and not caller.verified:
            raise Refused(403, "email_not_verified")
        if self.has_enough(own):
            raise Refused(409, "membership_limit_reached")
        if not self._vouched(it.account, it.inviter, it.role):
            raise Refused(410, "invitation_revoked")
        customer = own or caller.address
        others = [each for each in self.live(account=it.account, address=customer) if each != label]
        self.customers.setdefault(customer, Customer(customer, caller.identity))
        if it.address is not None:
            self._acted_under(customer, it.address)
        it.status, it.accepted_by, it.noted = "accepted", customer, None
        there.members[customer] = Member(it.role, self.now)
        actor = f"customer:{customer}"
        self.record("invitation_accepted", it.account, f"invitation:{label}", actor, customer=customer, fact=it.role)
        for each in others:
            self._revoke(each, actor, joined=True)
        return Answer(201, about=label)

    @answering
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
            if address in self._known_as(whom):
                raise Refused(409, f"is_{part}_contact")
        kind = "manager_left" if whom == actor else "manager_removed"
        self._end(account, whom, kind, named(actor))
        return Answer(204)

    @answering
    def change_role(self, caller: Caller | None, account: str, whom: str, role: str) -> Answer:
        """R6, R31; nobody gives or takes away a role above their own."""
        return self._change_role(account, whom, role, self._enter_as(caller, account))

    def record_expiry(self, label: str) -> None:
        """The service takes note that an invitation is over, which it has to be."""
        it = self.invitations[label]
        assert it.status == "pending", f"{label} is {it.status}"
        assert not self.is_live(label), f"{label} is good until {it.expires_at}"
        it.status = "expired"
        self.record("invitation_expired", it.account, f"invitation:{label}", "system:expiry")
