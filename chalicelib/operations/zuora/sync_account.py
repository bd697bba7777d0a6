"""Acts on an event that concerns Zuora: one worker at a time on an account, under a lease with a fence (R51, R54).

The event only says where to look: the worker reads the present state and updates Zuora, so messages may come twice,
late and in any order.
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole
from chalicelib.domain.errors import Busy
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event
from chalicelib.operations.zuora import assign_contact, follow_zuora, sync_contact
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
from chalicelib.operations.zuora.zuora_session import RetryLater, ZuoraSession
from chalicelib.store import accounts, contacts, history, leases, reading
from chalicelib.store.reading import Key

logger = logging.getLogger(__name__)

Outcome = Counter[str]
"""What became of contacts and assignments, in numbers: synced, failed, deleted, placed, followed.

Empty when Zuora was not asked at all; zero when Zuora was checked and nothing had to change.
"""


class UnknownEvent(RetryLater):
    """There is no such event, or it cannot be read yet."""


def act_on(
    stream: str, event_id: str, *, zuora: Zuora, now: Callable[[], datetime], fields: ZuoraFields | None = None
) -> Outcome:
    """Does everything that is to be done with Zuora for the account (or contact) of the event.

    Raises NotYet (and UnknownEvent) when it is our side that cannot, Retryable when it is Zuora.
    """
    event = reading.one(history.key(stream, event_id))
    if event is None:
        raise UnknownEvent("the event cannot be read yet")
    _, _, about = stream.partition("#")
    try:
        lease = leases.take(about, now=now())
        work = ZuoraSession(zuora, lease, now, fields)
        try:
            return _do(event, work)
        finally:
            _release(work)
    except Busy as error:  # Held, LeaseLost and Changed too: read again what is true, in a moment
        raise RetryLater(type(error).__name__) from error


def _do(event: Event, work: ZuoraSession) -> Outcome:
    done: Outcome = Counter()
    if event.type is EventType.CALLOUT_RECEIVED:  # first, since what waits here may wait long
        done["followed"] += _follow(event, work)
    account, found, assignments = _read(event)
    drops = _contact_to_take_over(event, found)
    if drops is not None:
        done["followed"] += follow_zuora.follow_contact(drops, work, even_if_edited=True)
    for contact in found:
        if contact.is_waiting and contact.id != drops:
            done[sync_contact.push_contact(contact, work)] += 1
    for assignment in assignments:
        if account is not None and assignment.is_waiting:
            done[_fulfil(account, assignment, work)] += 1
    return done


def _read(event: Event) -> tuple[Account | None, list[Contact], list[ContactAssignment]]:
    """The account with all its contacts and assignments, consistently; or the one contact that has no account."""
    named = {str(event.data[name]) for name in ("contact_id",) if event.data.get(name)}
    if event.account_id is None:
        keys: list[Key[object]] = [contacts.key(each) for each in sorted(named)]
    else:
        listed = {key.hash_key for key in contacts.of_account(event.account_id)}
        keys = [contacts.key(each) for each in sorted(named | listed)]
        keys += [contacts.assignment_key(event.account_id, part) for part in ContactRole]
        keys.append(accounts.key(event.account_id))
    items = reading.many(keys)
    account = next((each for each in items if isinstance(each, Account)), None)
    mine = [each for each in items if isinstance(each, Contact) and each.account_id == event.account_id]
    return account, mine, [each for each in items if isinstance(each, ContactAssignment)]


def _fulfil(account: Account, assignment: ContactAssignment, work: ZuoraSession) -> str:
    """Each assignment sees the account as it is after the one before."""
    fresh = reading.one(accounts.key(account.id))
    if fresh is None:
        raise RetryLater("the account cannot be read")
    return assign_contact.assign(fresh, assignment, work)


def _contact_to_take_over(event: Event, found: list[Contact]) -> str | None:
    """The contact for which support prefers what Zuora has, unless it was edited here after that."""
    if event.type is not EventType.CONTACT_SYNC_REQUESTED or event.data["prefer"] != "zuora":
        return None
    wanted = str(event.data["contact_id"])
    same = [each for each in found if each.id == wanted and each.version == event.data["version"]]
    return wanted if same else None


def _follow(event: Event, work: ZuoraSession) -> int:
    changed = follow_zuora.follow_account(event.account_id, work) if event.account_id else 0
    contact_id = event.data.get("contact_id")
    return changed + (follow_zuora.follow_contact(str(contact_id), work) if contact_id else 0)


def _release(work: ZuoraSession) -> None:
    """Lets the next one in at once; if that cannot be written, the lease ends by itself."""
    try:
        leases.release(work.lease, now=work.now())
    except Busy as error:
        logger.warning("lease not released: %s", type(error).__name__)
