"""Answers about the history, as managers see it."""

from chalicelib.api.web.answers import AnswerModel, Moment
from chalicelib.domain.events import Event


class EventAnswer(AnswerModel):
    """An entry of the history."""

    id: str
    type: str
    at: Moment
    actor: str
    subject: str
    account_id: str | None
    data: dict[str, str | int | bool | None]


def event(event: Event) -> EventAnswer:
    """An entry of the history."""
    return EventAnswer(
        id=event.id,
        type=event.type.value,
        at=event.at,
        actor=event.actor,
        subject=event.subject,
        account_id=event.account_id,
        data=dict(event.data),
    )
