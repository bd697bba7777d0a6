"""What AWS sends to the functions of an invitation: scheduled events and SES feedback."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.functions import feedback, schedules
from tests.contract import ses_samples
from tests.events import schedule_event, sqs_event
from tests.gateway import Context


def run_schedule(at: datetime, context: Context | None = None) -> dict[str, int]:
    """Runs the invitation schedule as of that moment (reminders and expiry); returns its counts."""
    done: dict[str, int] = schedules.invitation_schedule(_at(at), context or Context())
    return done


def run_scrubbing(at: datetime) -> dict[str, int]:
    """Runs the scrubbing schedule as of that moment."""
    done: dict[str, int] = schedules.scrub_invitations(_at(at), Context())
    return done


def tell(name: str, tags: Mapping[str, str]) -> None:
    """Sends that SES feedback sample about the mail with these tags; it must be accepted."""
    assert given_back(ses_samples.about(name, tags)) == []


def given_back(*bodies: str) -> list[str]:
    """Hands a batch to the feedback consumer; returns the bodies it fails (which end as dead letters)."""
    messages = [{"MessageId": str(index), "ReceiptHandle": "r", "Body": body} for index, body in enumerate(bodies)]
    answer = feedback.feedback(sqs_event(messages), Context())
    return [bodies[int(each["itemIdentifier"])] for each in answer["batchItemFailures"]]


def _at(moment: datetime) -> dict[str, object]:
    return {**schedule_event(), "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
