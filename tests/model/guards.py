"""What stands before the requests of the model: who is let in, and which rules a request has to meet."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tests.model.state import Answer, Caller, State

P = ParamSpec("P")
S = TypeVar("S", bound="Guards")
RANK = {"viewer": 0, "manager": 1, "admin": 2}


class Refused(Exception):
    """The request changes nothing, but for what signing in changes."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.answer = Answer(status, code)


def answering(request: Callable[Concatenate[S, P], Answer]) -> Callable[Concatenate[S, P], Answer]:
    """Makes the answer of what a request is refused with."""

    @wraps(request)
    def answer(model: S, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return request(model, *args, **kwargs)
        except Refused as refused:
            return refused.answer

    return answer


class Guards(State):
    """The rules that hold for many requests."""

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

    def _enter_as(self, caller: Caller | None, account: str) -> str | None:
        """Whoever may manage the account: somebody of it, or the support desk (None), which may everywhere."""
        return None if caller is None else self._enter(caller, account, managing=True)

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

    def _may_give(self, account: str, actor: str | None, role: str) -> None:
        if actor is not None and RANK[role] > RANK[self.accounts[account].members[actor].role]:
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

    def _must_not_manage(self, label: str, own: str | None) -> None:
        """Who manages the account has nothing to accept; an invitation by mail ends with that (R2, R12)."""
        it = self.invitations[label]
        if own in self.accounts[it.account].members:
            if it.address is not None and own is not None:
                self._is_not_needed(label, own)
            raise Refused(409, "already_manager")

    def _is_not_needed(self, label: str, own: str) -> None:
        """R2: an invitation to another address of somebody who manages the account ends."""
        self._acted_under(own, str(self.invitations[label].address))
        self._revoke(label, f"customer:{own}", joined=True)

    def _acted_under(self, own: str, address: str) -> None:
        self.customers[own].others |= {address} - {own}

    def _known_as(self, own: str) -> set[str]:
        """R32: every address of a person, but for those that are another's record by now."""
        return {own} | (self.customers[own].others - self.customers.keys())

    def _must_go_on(self, account: str, whom: str, role: str | None) -> None:
        """Somebody can still manage the account when that manager has gone (None) or has another role (R31)."""
        if self._leaves_nobody(account, whom, role):
            raise Refused(409, "last_manager")

    def _leaves_nobody(self, account: str, whom: str, role: str | None) -> bool:
        """Whether the last one who manages and can sign in goes with it, or where admins manage, such an admin."""
        there = self.accounts[account]
        rest = {member.role for each, member in there.members.items() if each != whom and self.customers[each].active}
        needed = [{"admin", "manager"}] + ([{"admin"}] if there.managed_by == "admins" else [])
        if not self.customers[whom].active:
            return False
        rest |= {role} if role else set()
        return any(there.members[whom].role in each and not rest & each for each in needed)

    def _vouched(self, account: str, inviter: str | None, role: str) -> bool:
        """Whether whoever sent an invitation may still give that role (R17, R22); support (None) always may."""
        if inviter is None or not self.manages(account, inviter):
            return inviter is None
        return RANK[role] <= RANK[self.accounts[account].members[inviter].role]

    def _end_what_is_not_vouched(self, account: str, actor: str) -> None:
        """Whose right has become less, ends what they sent and may no longer give (R17)."""
        for label, it in self.invitations.items():
            if (it.account, it.status) == (account, "pending") and not self._vouched(account, it.inviter, it.role):
                self._revoke(label, actor)

    def _end(self, account: str, whom: str, kind: str, actor: str) -> None:
        """Somebody manages the account no more, and what they sent ends with it (R22)."""
        role = self.accounts[account].members.pop(whom).role
        self.record(kind, account, f"manager:{whom}", actor, customer=whom, fact=role)
        for label, it in self.invitations.items():
            if (it.account, it.inviter, it.status) == (account, whom, "pending"):
                self._revoke(label, actor)

    def _change_role(self, account: str, whom: str, role: str, actor: str | None) -> Answer:
        member = self.accounts[account].members.get(whom)
        if member is None:
            raise Refused(404, "manager_not_found")
        self._may_give(account, actor, role)
        self._may_give(account, actor, member.role)
        if role != member.role:
            self._must_go_on(account, whom, role)
            change, member.role = f"{member.role} to {role}", role
            self.record("role_changed", account, f"manager:{whom}", named(actor), customer=whom, fact=change)
            self._end_what_is_not_vouched(account, named(actor))
        return Answer(200)

    def _revoke(self, label: str, actor: str, *, joined: bool = False) -> None:
        """``joined`` says that the invitee manages the account now, by another way (R35)."""
        was_live, it = self.is_live(label), self.invitations[label]
        it.status = "revoked"
        fact = "joined" if joined else was_live
        self.record("invitation_revoked", it.account, f"invitation:{label}", actor, fact=fact)

    def _decline(self, label: str, actor: str) -> None:
        it = self.invitations[label]
        if it.status in ("accepted", "revoked"):
            raise Refused(410, "invitation_used" if it.status == "accepted" else "invitation_revoked")
        if it.status != "declined":
            was_live = self.is_live(label)
            it.status = "declined"
            self.record("invitation_declined", it.account, f"invitation:{label}", actor, fact=was_live)


def named(actor: str | None) -> str:
    """How the history names who acted."""
    return "support" if actor is None else f"customer:{actor}"
