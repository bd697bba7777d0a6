"""Ends a membership by the support desk, where it must be also that of the last manager or of a contact (R63)."""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain import rules
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Changed, LastManager, ManagerNotFound, OwnAccount
from chalicelib.domain.events import Fact
from chalicelib.domain.memberships import Membership
from chalicelib.domain.permissions import Permission
from chalicelib.domain.rules import Overrides
from chalicelib.frozen import frozen
from chalicelib.operations.access import enter_as
from chalicelib.operations.managers.remove_manager import Ending, ending_of, ending_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import customers, memberships
from chalicelib.store.transaction import Step, commit


@frozen
class Removal:
    """What the removal does, or would do: who goes, which parts they keep playing in Zuora, what is left behind."""

    manager: Customer
    membership: Membership
    parts: tuple[ContactRole, ...]
    leaves_nobody: bool
    ended_invitations: int


@retry_on_change
def remove_membership(
    desk: Desk, account_id: str, customer_id: str, *, overrides: Overrides, reason: str, dry_run: bool, now: datetime
) -> Removal:
    """Removes a manager, at once and with the pending invitations that they sent; ``dry_run`` only says what that does.

    Zuora's contacts stay as they are (R50). Refuses: SupportOnly, AccountNotFound, OwnAccount (also for oneself),
    ManagerNotFound, and unless overridden LastManager, IsSoldToContact, IsBillToContact.
    """
    keys = memberships.key(account_id, customer_id), customers.key(customer_id)
    entered = enter_as(desk, account_id, Permission.REMOVE_MANAGERS, *keys, now=now)
    membership, manager = entered.also
    if membership is None or manager is None:
        raise ManagerNotFound
    if desk.is_oneself(manager):
        raise OwnAccount
    ending = ending_of(entered.account, membership, manager)
    rules.can_be_removed(entered.account, membership.counts_as, ending.manager.addresses, overrides)
    removal = _removal(ending)
    if not dry_run:
        facts = {**_facts(removal, overrides), "reason": reason}
        known = replace(overrides, last=overrides.last and removal.leaves_nobody)
        steps = ending_steps(ending, actor=entered.actor, now=now, overrides=known, facts=facts, cause=entered.facts)
        _commit(steps)
    return removal


def _commit(steps: list[Step | None]) -> None:
    """Who has become the last one meanwhile is read again: then the history says so."""
    try:
        commit(*steps)
    except LastManager as lost:
        raise Changed from lost


def _removal(ending: Ending) -> Removal:
    account = ending.account
    parts = account.kept_parts(ending.manager.addresses)
    leaves_nobody = rules.is_last(account, ending.membership.counts_as)
    return Removal(ending.manager, ending.membership, parts, leaves_nobody, len(ending.pending))


def _facts(removal: Removal, overrides: Overrides) -> dict[str, Fact]:
    """What the history says beside who went: the guards that were set aside, and what that leaves behind."""
    return {
        "allow_last": overrides.last,
        "override_contact": overrides.contact,
        "stays_contact": ", ".join(removal.parts),
        "leaves_nobody": removal.leaves_nobody,
        "login_activated": removal.manager.login_activated,
    }
