"""The consumer of the Zuora queue: brings Zuora and our contacts into step, an account at a time."""

import json
import random
from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import deadline, observability, settings, wiring
from chalicelib.clients.zuora import Locked
from chalicelib.failures import Retryable
from chalicelib.operations.zuora import circuit_breaker, sync_account
from chalicelib.operations.zuora.sync_account import Outcome, UnknownEvent
from chalicelib.operations.zuora.zuora_session import RetryLater

bp = Blueprint(__name__)

FIRST_WAIT, LONGEST_WAIT = 5, 900
A_MESSAGE_SECONDS = 45
"""So long one message may wait for Zuora in all: it is given back in time, and never lost with the function."""
HOPELESS_AFTER = 20
"""Attempts, over hours, before a message that fails because of a bug of ours is dead-lettered."""


class Malformed(Exception):
    """A message that names no event; the text says why, and quotes nothing."""


@bp.on_sqs_message(queue="${ZuoraQueue.QueueName}", batch_size=1, maximum_concurrency=5)
def zuora(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Acts on each message; one that cannot be finished now comes again later, with all that follow in its group."""
    failures: list[dict[str, str]] = []
    for record in event:
        message = record.to_dict()
        if failures or not _handle(message):
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def _handle(message: Mapping[str, Any]) -> bool:
    """Whether the message has had its effect, or never will; otherwise it is given back."""
    try:
        body = _read(message["body"])
        outcome = _act(body)
    except Malformed as reason:
        return _dead_letter(message, str(reason))
    except Retryable as failure:
        return _retry_later(message, failure)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the message must not be lost by it
        observability.log_exception("sync failed", message_id=message["messageId"])
        observability.count("ZuoraSyncErrors")
        return _tried_too_often(message, f"failed: {type(error).__name__}") or _give_back(message, None)
    _log_outcome(message, body, outcome)
    return True


def _retry_later(message: Mapping[str, Any], failure: Retryable) -> bool:
    """Counts what is Zuora's failure as such; a locked account, or what is ours, says nothing about Zuora."""
    if not isinstance(failure, RetryLater | Locked):
        circuit_breaker.failed(now=wiring.now())
    if isinstance(failure, UnknownEvent) and _tried_too_often(message, "unknown event"):
        return True
    return _give_back(message, failure)


def _read(text: str) -> dict[str, str]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):  # the second for what is nested without end
        raise Malformed("not JSON") from None
    wanted = ("stream", "event_id")
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) and body[name] for name in wanted):
        raise Malformed("names no event")
    return {name: body[name] for name in wanted}


def _act(body: Mapping[str, str]) -> Outcome:
    breaker = circuit_breaker.current()
    if breaker.is_open:
        raise RetryLater("zuora is away")
    with deadline.within(A_MESSAGE_SECONDS):
        outcome = sync_account.act_on(
            body["stream"], body["event_id"], zuora=wiring.zuora(), now=wiring.now, fields=wiring.zuora_fields()
        )
    if outcome:  # a message with nothing left to do says nothing about Zuora
        circuit_breaker.succeeded(breaker)
    return outcome


def _give_back(message: Mapping[str, Any], failure: Retryable | None) -> bool:
    """Lets the message come again: when Zuora says so, else after waits that double, with jitter, up to 15 minutes."""
    seconds = _wait(_received(message), failure.retry_after if failure else None)
    wiring.queues().give_back(settings.current().zuora_queue_url, message["receiptHandle"], seconds=seconds)
    why = type(failure).__name__ if failure else None
    observability.log("zuora waits", message_id=message["messageId"], attempt=_received(message), code=why)
    observability.count("ZuoraRetried")
    return False


def _wait(received: int, told: float | None) -> int:
    """At least what Zuora told, if it did."""
    if told is not None:
        return round(min(LONGEST_WAIT, max(_between(told, told + 2), 1)))
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(received - 1, 10))
    return round(_between(longest / 2, longest))


def _between(least: float, most: float) -> float:
    """Jitter."""
    return random.uniform(least, most)  # noqa: S311 -- it spreads the load, and guards nothing


def _received(message: Mapping[str, Any]) -> int:
    return int(message["attributes"]["ApproximateReceiveCount"])


def _tried_too_often(message: Mapping[str, Any], reason: str) -> bool:
    return _received(message) > HOPELESS_AFTER and _dead_letter(message, reason)


def _dead_letter(message: Mapping[str, Any], reason: str) -> bool:
    """Puts the message with the dead letters, with the reason; of its content only the ids of an event, if any."""
    try:
        ids: Mapping[str, str] = _read(message["body"])
    except Malformed:
        ids = {}
    letter = json.dumps({**ids, "reason": reason, "message_id": message["messageId"]})
    url = settings.current().zuora_dead_letters_url
    wiring.queues().send_in_order(url, letter, group=message["messageId"], deduplication_id=message["messageId"])
    observability.log("dead letter", message_id=message["messageId"], code=reason)
    return True


def _log_outcome(message: Mapping[str, Any], body: Mapping[str, str], outcome: Outcome) -> None:
    observability.log(
        "zuora",
        message_id=message["messageId"],
        event_id=body["event_id"],
        sent=outcome["synced"] or None,
        failed=outcome["failed"] or None,
        count=sum(outcome.values()),
    )
    for what, number in (+outcome).items():
        observability.count(f"Contacts{what.capitalize()}", number)
