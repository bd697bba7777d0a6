"""The consumer of the mail queue: sends what each event owes."""

import json
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import observability, settings, wiring
from chalicelib.failures import Retryable

if TYPE_CHECKING:
    from chalicelib.operations.mails.send_mails import Outcome

bp = Blueprint(__name__)

_FIRST_WAIT = 10
_LONGEST_WAIT = 900


@bp.on_sqs_message(queue="${EmailQueue.QueueName}", batch_size=10, maximum_concurrency=5)
def emails(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Sends the mails of a batch of events; the messages of those that are not finished come again later."""
    failures = []
    for record in event:
        message = record.to_dict()
        try:
            finished = _finish(message)
        except Exception:  # noqa: BLE001 -- one bad message must not take the batch with it; it comes again
            observability.log_exception("mails failed", message_id=message["messageId"])
            finished = False
        if not finished:
            observability.count("MailsRetried")
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def _finish(message: dict[str, Any]) -> bool:
    """Sends what the message's event owes; says whether that is done, otherwise the message is given back."""
    try:
        _send(message)
    except Retryable as error:
        outcome = getattr(error, "outcome", None)
        _log("mails wait", message, outcome)
        _count(outcome)
        _give_back(message)
        return False
    return True


def _send(message: dict[str, Any]) -> None:
    body = json.loads(message["body"])
    outcome = wiring.send_mails()(body["stream"], body["event_id"])
    _log("mails", message, outcome)
    _count(outcome)


def _count(outcome: "Outcome | None") -> None:
    """``MailsFailed`` are mails that SES refused permanently, which is worth a look; suppressed ones are expected."""
    counted = (
        {
            "MailsSent": outcome.sent,
            "MailsFailed": outcome.failed,
            "MailsSuppressed": outcome.suppressed,
            "MailsLeftOut": outcome.left_out,
            "MailsPossibleDuplicates": outcome.possible_duplicates,
        }
        if outcome
        else {}
    )
    for metric, number in counted.items():
        if number:
            observability.count(metric, number)


def _give_back(message: dict[str, Any]) -> None:
    """Lets the message come again after a wait that doubles with every receive, up to a quarter of an hour."""
    received = int(message["attributes"]["ApproximateReceiveCount"])
    seconds = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (received - 1))
    wiring.queues().give_back(settings.current().email_queue_url, message["receiptHandle"], seconds=seconds)


def _log(what: str, message: dict[str, Any], outcome: "Outcome | None") -> None:
    body = json.loads(message["body"])
    observability.log(
        what,
        message_id=message["messageId"],
        event_id=body["event_id"],
        event_type=body["type"],
        sent=outcome.sent if outcome else None,
        failed=outcome.failed if outcome else None,
        done_before=outcome.done_before if outcome else None,
        waiting=outcome.waiting if outcome else None,
        left_out=outcome.left_out if outcome else None,
        possible_duplicates=outcome.possible_duplicates if outcome else None,
    )
