"""Notes what SES tells of our mails: delivered, bounced, complained of, rejected (R25)."""

from collections.abc import Callable
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.customers import Customer
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, new_event
from chalicelib.domain.invitations import Delivery, DeliveryState, Invitation, states_before
from chalicelib.domain.people import system_actor
from chalicelib.frozen import frozen
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import customers, history, invitation_life, invitations, reading, suppressions
from chalicelib.store.transaction import Step, commit

FEEDBACK = system_actor("feedback")


@frozen
class News:
    """What became of a mail, since when, and why. ``comes_back`` means: never write there again."""

    state: DeliveryState
    at: datetime
    reason: str | None
    comes_back: bool
    is_bounce: bool


@frozen
class Feedback:
    """News of one mail, which its tags name: the event and audience that it was for, and whom it went to.

    ``recipient`` is the pseudonym of the address. A mail to somebody who is known has a ``customer_id``; one with an
    invitation's link has the ids of the invitation and the generation of the link.
    """

    news: News
    event_id: str
    audience: str
    recipient: str | None = None
    customer_id: str | None = None
    account_id: str | None = None
    invitation_id: str | None = None
    generation: int | None = None


@retry_on_change
def note_feedback(told: Feedback, *, pseudonym: Callable[[str], str], now: datetime) -> bool:
    """Notes news where the mail belongs, unless they are old; suppresses exactly the address that mails bounce from.

    News come late, twice and in any order: those of an older link or mail, or of an earlier state than is known,
    change nothing there; the address that such a mail came back from is suppressed all the same. A bounce that is
    final without being hard is a failure as long as nothing was delivered; afterwards it is an automatic reply. Returns
    whether anything was noted.
    """
    if told.account_id is not None and told.invitation_id is not None:
        return _of_invitation(told, told.account_id, told.invitation_id, pseudonym, now)
    if told.customer_id is not None:
        return _of_customer(told, told.customer_id, now)
    return _of_address(told, now)


def _of_address(told: Feedback, now: datetime) -> bool:
    """What a mail says of the address alone; nothing that was not known, or lifted, since it happened."""
    recipient, news = told.recipient, told.news
    if recipient is None or not news.comes_back:
        return False
    known = reading.one(suppressions.key(recipient))
    if known is not None and known.until >= news.at:
        return False
    commit(_suppressed(news, recipient, now))
    return True


def _of_invitation(
    told: Feedback, account_id: str, invitation_id: str, pseudonym: Callable[[str], str], now: datetime
) -> bool:
    news = told.news
    invitation = reading.one(invitations.key(account_id, invitation_id))
    if invitation is None:
        return False
    if invitation.generation != told.generation or not _is_news(invitation.delivery, news):
        return _of_address(told, now)
    recipient = told.recipient or (pseudonym(invitation.address) if invitation.address else None)
    commit(
        invitation_life.note_delivery(invitation, Delivery(news.state, news.at, news.reason)),
        _suppressed(news, recipient, now),
        _bounced(invitation, now) if news.is_bounce else None,
    )
    return True


def _of_customer(told: Feedback, customer_id: str, now: datetime) -> bool:
    """A mail that is newer than the one that is known, or a later state of the same."""
    news, mail_id = told.news, customers.mail_id(told.event_id, told.audience)
    person = reading.one(customers.key(customer_id))
    if person is None or person.erased_at is not None:
        return False
    if not _is_about(person, mail_id, news):
        return _of_address(told, now)
    commit(
        customers.note_mail(person.id, mail_id, Delivery(news.state, news.at, news.reason)),
        _suppressed(news, told.recipient, now),
    )
    return True


def _is_about(person: Customer, mail_id: str, news: News) -> bool:
    if person.mail is None or person.mail.id < mail_id:
        return True
    return person.mail.id == mail_id and _is_news(person.mail.delivery, news)


def _is_news(known: Delivery | None, news: News) -> bool:
    return known is not None and known.state in states_before(news.state)


def _suppressed(news: News, recipient: str | None, now: datetime) -> Step | None:
    if not news.comes_back or recipient is None:
        return None
    return suppressions.suppress(recipient, news.state.value, now=now)


def _bounced(invitation: Invitation, now: datetime) -> Step:
    (event_id,) = ids.event_ids(now, 1)
    return history.record(
        new_event(
            account_stream(invitation.account_id),
            event_id=event_id,
            event_type=EventType.INVITATION_BOUNCED,
            at=now,
            actor=FEEDBACK,
            subject=f"invitation:{invitation.id}",
            generation=invitation.generation,
        )
    )
