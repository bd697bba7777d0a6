"""Changes what support may set of an account: plan, bound, policy, status (R6, R7)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.events import EventType, Fact, of_account
from chalicelib.domain.limits import Limits
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import enter_as
from chalicelib.operations.again import reading_again
from chalicelib.operations.support import Desk
from chalicelib.store import accounts, history
from chalicelib.store.transaction import commit

FIELDS = ("plan", "max_managers", "managed_by", "status")


@reading_again
def edit_account(
    desk: Desk, account_id: str, changes: Mapping[str, Any], *, version: int | None, limits: Limits, now: datetime
) -> Account:
    """Sets these fields; a new plan brings its own bound unless one is given. What is so already is no change.

    A bound below the seats in use removes nobody: it keeps others out. One that is set while a transfer is lent a seat
    stands as it is set: there is nothing to give back any more. Refuses: SupportOnly, AccountNotFound,
    OwnAccount, VersionConflict, NoAdmin (the policy ``admins`` needs an admin: nobody is promoted by guess).
    """
    entered = enter_as(desk, account_id, Permission.VIEW_ACCOUNT, now=now)
    before = entered.account
    if version is not None and version != before.version:
        raise VersionConflict(version=before.version)
    wanted = dict(changes)
    if "plan" in wanted and wanted["plan"] != before.plan and "max_managers" not in wanted:
        wanted["max_managers"] = limits.max_managers(wanted["plan"])
    own = replace(before, max_managers=before.own_bound)
    changed = {name: wanted[name] for name in FIELDS if name in wanted and wanted[name] != getattr(own, name)}
    if not changed:
        return before
    lent = 0 if "max_managers" in changed else before.lent_seats
    after = replace(before, version=before.version + 1, lent_seats=lent, **changed)
    if after.managed_by is not before.managed_by:
        rules.can_be_managed_by(before, after.managed_by)
    (event_id,) = ids.event_ids(now, 1)
    event = of_account(
        account_id,
        event_id=event_id,
        event_type=EventType.ACCOUNT_EDITED,
        at=now,
        actor=entered.actor,
        subject=f"account:{account_id}",
        version=after.version,
        **_before_and_after(own, after, changed),
        **entered.facts,
    )
    commit(accounts.edited(before, after), history.record(event))
    return after


def _before_and_after(before: Account, after: Account, changed: Iterable[str]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name in changed:
        facts[f"{name}_before"] = getattr(before, name)
        facts[f"{name}_after"] = getattr(after, name)
    return facts
