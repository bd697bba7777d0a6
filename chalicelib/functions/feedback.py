"""The consumer of SES's feedback: what became of every mail (R25)."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import observability, wiring
from chalicelib.functions.ses_events import NotOurs, feedback_of
from chalicelib.operations.mails import note_feedback as operation

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="${FeedbackQueue.QueueName}", batch_size=10, maximum_concurrency=2)
def feedback(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Notes a batch of news; what cannot be read goes to the dead letters, what is not ours is let go."""
    failures = []
    for record in event:
        message = record.to_dict()
        try:
            _note(message)
        except Exception:  # noqa: BLE001 -- one bad message must not take the batch with it; it comes again
            observability.log_exception("feedback failed", message_id=message["messageId"])
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def _note(message: dict[str, Any]) -> None:
    try:
        told = feedback_of(message["body"])
    except NotOurs as reason:
        observability.log("feedback that changes nothing", message_id=message["messageId"], code=str(reason))
        observability.count("Feedback", state="other")
        return
    noted = operation.note_feedback(told, pseudonym=wiring.pseudonym, now=wiring.now())
    observability.log(
        "feedback",
        message_id=message["messageId"],
        event_id=told.event_id,
        account_id=told.account_id,
        invitation_id=told.invitation_id,
        customer_id=told.customer_id,
        code=told.news.state.value,
        count=int(noted),
    )
    observability.count("Feedback", state=told.news.state.value)
