"""Sends the mails that an event owes, each once, behind a claim."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.clients.mailer import Mailer, Unknown
from chalicelib.domain.addresses import mailbox
from chalicelib.domain.errors import Busy, Changed, RateLimited
from chalicelib.domain.event_entry import Counted
from chalicelib.domain.events import Event
from chalicelib.domain.invitations import Delivery, DeliveryState, Invitation
from chalicelib.domain.limits import Limits
from chalicelib.domain.quotas import of_mail
from chalicelib.emails.render import Mail, render
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.mails import mails_owed
from chalicelib.operations.mails.mails_owed import Letter
from chalicelib.store import customers, deliveries, history, invitation_life, quotas, reading, suppressions
from chalicelib.store.deliveries import State
from chalicelib.store.transaction import Step, commit

logger = logging.getLogger(__name__)

_SUPPRESSED = "suppressed"
_OVER_THE_LIMIT = "over_the_limit"


@frozen
class Portal:
    """What every mail says of us: our name, and where its links lead."""

    product_name: str
    portal_url: str
    support_url: str


@frozen
class Post:
    """What sending takes: who sends, what every mail says of us, how links and pseudonyms are made, the clock."""

    mailer: Mailer
    portal: Portal
    link: Callable[[Invitation], str]
    pseudonym: Callable[[str], str]
    limits: Limits
    now: Callable[[], datetime]


@dataclass(slots=True)
class Outcome:
    """What became of the mails of one event, in numbers.

    ``possible_duplicates`` were sent although an earlier run had died between sending and saying so, ``left_out``
    were over a limit (R24) and are not sent later either.
    """

    sent: int = 0
    failed: int = 0
    suppressed: int = 0
    done_before: int = 0
    possible_duplicates: int = 0
    waiting: int = 0
    left_out: int = 0


class Unfinished(Retryable):
    """Some mails of the event could not be sent now; the same message brings them again."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("mails are waiting")
        self.outcome = outcome


def send_mails(stream: str, event_id: str, post: Post) -> Outcome:
    """Sends every mail that the event owes and that was not sent yet.

    One mail that cannot be sent now keeps no other waiting: Unfinished is raised at the end. What a mail
    says is read now and not when the event happened, so a revoked invitation is not mailed any more.
    """
    event = reading.one(history.key(stream, event_id))
    if event is None:
        raise Retryable("the event cannot be read yet")
    outcome = Outcome()
    for letter in mails_owed.for_event(event, now=post.now()):
        try:
            _deliver(letter, event, outcome, post)
        except (Retryable, Unknown, Busy) as error:
            logger.warning("mail waits: %s %s", type(error).__name__, error)
            outcome.waiting += 1
    if outcome.waiting:
        raise Unfinished(outcome)
    return outcome


def _deliver(letter: Letter, event: Event, outcome: Outcome, post: Post) -> None:
    to = post.pseudonym(letter.address)
    before, suppressed = reading.batch(deliveries.key(letter.delivery_id), suppressions.key(to))
    if before is not None and before.state is not State.CLAIMED:
        outcome.done_before += 1
        return
    mail = _written(letter, post)
    counted = _drawn_on(letter, event, post)
    try:
        mine = deliveries.claim(letter.delivery_id, before, counted=counted, now=post.now())
    except RateLimited:
        deliveries.skip(letter.delivery_id, reason=_OVER_THE_LIMIT, now=post.now())
        outcome.left_out += 1
        return
    if not mails_owed.still_owed(letter, now=post.now()):
        deliveries.release(mine, was_counted=bool(counted))
        return
    if suppressed is not None and suppressed.in_force(post.now()):
        _mark(letter, event, mine, State.FAILED, post.now(), reason=_SUPPRESSED)
        outcome.suppressed += 1
        return
    tags = {"event_id": event.id, "audience": letter.audience.value, "recipient": to, **_feedback_tags(letter)}
    try:
        message_id = post.mailer.send(
            to=letter.address, subject=mail.subject, text=mail.text, html=mail.html, tags=tags
        )
    except Retryable:
        deliveries.release(mine, was_counted=bool(counted))
        raise
    except Permanent as refusal:
        _mark(letter, event, mine, State.FAILED, post.now(), reason=refusal.code)
        outcome.failed += 1
        return
    _mark(letter, event, mine, State.SENT, post.now(), message_id=message_id)
    outcome.sent += 1
    outcome.possible_duplicates += mine.attempts > 1


def _drawn_on(letter: Letter, event: Event, post: Post) -> list[Step]:
    """What the mail counts for when it is sent (R24)."""
    if event.account_id is None or event.type.entry.told[letter.audience] is not Counted.WHEN_SENT:
        return []
    now, to = post.now(), post.pseudonym(mailbox(letter.address))
    drawn_on = of_mail(account_id=event.account_id, mailbox=to, limits=post.limits, now=now)
    return [quotas.used(quota, now=now) for quota in drawn_on]


def _written(letter: Letter, post: Post) -> Mail:
    portal = post.portal
    values = {
        **letter.values,
        "invitations_url": portal.portal_url,
        "product_name": portal.product_name,
        "portal_url": portal.portal_url,
        "support_url": portal.support_url,
    }
    invitation = letter.invitation
    if invitation is not None:
        values["accept_url"] = post.link(invitation)
    return render(letter.event, letter.audience.value, locale=letter.locale, values=values)


def _feedback_tags(letter: Letter) -> dict[str, str]:
    """What SES's feedback brings back, so that it finds the invitation or the person (R25)."""
    invitation = letter.invitation
    if invitation is None:
        return {"customer_id": letter.reader_id} if letter.reader_id else {}
    return {
        "account_id": invitation.account_id,
        "invitation_id": invitation.id,
        "generation": str(invitation.generation),
    }


def _mark(
    letter: Letter,
    event: Event,
    mine: deliveries.Delivery,
    state: State,
    now: datetime,
    *,
    message_id: str | None = None,
    reason: str | None = None,
) -> None:
    """Says what became of the mail, on the invitation or the person too; there, newer news stay."""
    step = deliveries.done(mine, state, message_id=message_id, reason=reason)
    known = Delivery(DeliveryState.SENT if state is State.SENT else DeliveryState.FAILED, now, reason)
    if letter.invitation is None:
        commit(step)
        if letter.reader_id is not None:
            _tell_support(letter.reader_id, customers.mail_id(event.id, letter.audience.value), known)
        return
    try:
        commit(step, invitation_life.note_delivery(letter.invitation, known))
    except Changed:
        commit(step)


def _tell_support(reader_id: str, mail_id: str, known: Delivery) -> None:
    """Notes it on the person, apart from the mark: nobody who is busy with their record has a mail sent twice."""
    try:
        commit(customers.note_mail(reader_id, mail_id, known))
    except (Changed, Busy) as error:
        logger.info("mail not noted on its reader: %s", type(error).__name__)
