"""Notes what SES tells of an invitation's mail: delivered, bounced, complained of, rejected (R25)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.events import EventType, of_account
from chalicelib.domain.invitations import Delivery, DeliveryState, Invitation, states_before
from chalicelib.domain.people import system_actor
from chalicelib.operations.again import reading_again
from chalicelib.store import history, invitation_life, invitations, reading, suppressions
from chalicelib.store.transaction import Step, commit

FEEDBACK = system_actor("feedback")


@dataclass(frozen=True, slots=True)
class Feedback:
    """News of the mail with the link of that generation. ``comes_back`` means: never write there again."""

    account_id: str
    invitation_id: str
    generation: int
    state: DeliveryState
    comes_back: bool
    reason: str | None
    at: datetime


@reading_again
def note_feedback(news: Feedback, *, pseudonym: Callable[[str], str], now: datetime) -> bool:
    """Notes news of an invitation, unless they are old; suppresses exactly the address that mails come back from.

    News come late, twice and in any order: those of an older link, or of an earlier state than is known,
    change nothing. Returns whether anything was noted.
    """
    invitation = reading.one(invitations.key(news.account_id, news.invitation_id))
    if invitation is None or not _is_news(invitation, news):
        return False
    steps: list[Step] = [invitation_life.delivery_noted(invitation, Delivery(news.state, news.at, news.reason))]
    if news.comes_back and invitation.address is not None:
        steps.append(suppressions.suppress(pseudonym(invitation.address), news.state.value, now=now))
    if news.state is DeliveryState.BOUNCED:
        steps.append(_bounced(invitation, now))
    commit(*steps)
    return True


def _is_news(invitation: Invitation, news: Feedback) -> bool:
    if invitation.generation != news.generation or invitation.delivery is None:
        return False
    return invitation.delivery.state in states_before(news.state)


def _bounced(invitation: Invitation, now: datetime) -> Step:
    (event_id,) = ids.event_ids(now, 1)
    return history.record(
        of_account(
            invitation.account_id,
            event_id=event_id,
            event_type=EventType.INVITATION_BOUNCED,
            at=now,
            actor=FEEDBACK,
            subject=f"invitation:{invitation.id}",
            generation=invitation.generation,
        )
    )
