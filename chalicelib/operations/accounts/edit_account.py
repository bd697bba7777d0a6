"""Changes what support may set of an account: plan, bound, policy, status, channel (R6, R7, R58)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.domain import permissions, rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact, account_stream, new_event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Inside, enter_as
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import accounts, history, invitations, memberships, reading, seats
from chalicelib.store.transaction import Step, commit

FIELDS = ("plan", "max_managers", "managed_by", "status", "channel")
_MOST_AT_ONCE = 24  # invitations that end in one transaction: four Steps each, of a hundred


@retry_on_change
def edit_account(
    desk: Desk, account_id: str, changes: Mapping[str, Any], *, version: int | None, context: Context
) -> Account:
    """Sets these fields; a new plan brings its own bound unless one is given. What is so already is no change.

    A bound below the seats in use removes nobody: it keeps others out. One that is set while a transfer borrows a seat
    stays as set: there is nothing to give back any more. Under a new policy the pending invitations end whose
    senders may not give them any more (R17). A channel that support has set stays so, whatever Zuora says later.
    Refuses: SupportOnly, AccountNotFound,
    OwnAccount, VersionConflict, NoAdmin (the policy ``admins`` needs an admin: nobody is promoted by guess).
    """
    now = context.now
    entered = enter_as(desk, account_id, Permission.VIEW_ACCOUNT, now=now)
    before = entered.account
    if version is not None and version != before.version:
        raise VersionConflict(version=before.version)
    wanted = dict(changes)
    if "plan" in wanted and wanted["plan"] != before.plan and "max_managers" not in wanted:
        wanted["max_managers"] = context.limits.max_managers(wanted["plan"])
    own = replace(before, max_managers=before.own_bound)
    changed = {name: wanted[name] for name in FIELDS if name in wanted and wanted[name] != getattr(own, name)}
    if not changed:
        return _without_the_rest(before, entered, now) if "managed_by" in wanted else before
    borrowed = 0 if "max_managers" in changed else before.borrowed_seats
    pinned = before.channel_is_set or "channel" in changed
    after = replace(before, version=before.version + 1, borrowed_seats=borrowed, channel_is_set=pinned, **changed)
    if after.managed_by is not before.managed_by:
        rules.can_be_managed_by(before, after.managed_by)
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        account_stream(account_id),
        event_id=event_id,
        event_type=EventType.ACCOUNT_EDITED,
        at=now,
        actor=entered.actor,
        subject=f"account:{account_id}",
        version=after.version,
        **_before_and_after(own, after, changed),
        **entered.facts,
    )
    lost: list[Invitation] = []
    if after.managed_by is not before.managed_by:
        lost = _no_longer_given(after)
    freed = accounts.edit(before, after, freed=len(lost))
    commit(freed, history.record(event), *_ended(lost, entered, now))
    after = replace(after, seats_used=after.seats_used - len(lost), pending_count=after.pending_count - len(lost))
    return _without_the_rest(after, entered, now) if after.managed_by is not before.managed_by else after


def _no_longer_given(account: Account) -> list[Invitation]:
    """Pending invitations whose senders may not give them under the account's policy, as many as fit together."""
    sent = [each for each in invitations.pending_of(account.id) if each.inviter is not None]
    sender_ids = sorted({each.inviter.id for each in sent if each.inviter is not None})
    senders = reading.many([memberships.key(account.id, each) for each in sender_ids])
    roles = {each.customer_id: each.role for each in senders if each is not None}

    def may_give(it: Invitation) -> bool:
        own = roles.get(it.inviter.id) if it.inviter is not None else None
        return own is not None and permissions.may_invite(account.managed_by, own, it.role)

    return [each for each in sent if not may_give(each)][:_MOST_AT_ONCE]


def _ended(lost: Sequence[Invitation], entered: Inside, now: datetime) -> list[Step | None]:
    """The Steps that end these, but for their seats: with their senders' lists, each with its event."""
    by_sender: dict[str, list[str]] = {}
    for each in lost:
        if each.inviter is not None:
            by_sender.setdefault(each.inviter.id, []).append(each.id)
    lists: list[Step | None] = [
        memberships.ended_from(entered.account.id, sender_id, *its) for sender_id, its in sorted(by_sender.items())
    ]
    why = {**entered.facts, "because": "policy_changed"}
    event_ids = ids.event_ids(now, len(lost))
    return lists + [
        step
        for invitation, event_id in zip(lost, event_ids, strict=True)
        for step in revoke_steps(
            invitation,
            event_id=event_id,
            actor=entered.actor,
            now=now,
            elsewhere=Hold.SEAT | Hold.SENDERS_LIST,
            **why,
        )
    ]


def _without_the_rest(account: Account, entered: Inside, now: datetime) -> Account:
    """Ends what the transaction of the policy has left, and returns the account as it is without that (R17).

    It is what did not fit, what an earlier request died before, and what senders may not give who were demoted
    meanwhile; nobody can accept it.
    """
    ended = 0
    while lost := _end_the_rest(account.id, entered, now=now):
        ended += lost
    return replace(account, seats_used=account.seats_used - ended, pending_count=account.pending_count - ended)


@retry_on_change
def _end_the_rest(account_id: str, entered: Inside, *, now: datetime) -> int:
    """As many as fit into a transaction, under the policy that is in force by now; how many these were."""
    account = reading.one(accounts.key(account_id))
    lost = _no_longer_given(account) if account is not None else []
    if account is not None and lost:
        commit(seats.free_seat_under(account, len(lost)), *_ended(lost, entered, now))
    return len(lost)


def _before_and_after(before: Account, after: Account, changed: Iterable[str]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name in changed:
        facts[f"{name}_before"] = getattr(before, name)
        facts[f"{name}_after"] = getattr(after, name)
    return facts
