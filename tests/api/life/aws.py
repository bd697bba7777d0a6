"""What AWS tells the functions of an invitation: the time, and what became of its mail."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.functions import feedback, schedules
from tests.contract import ses_samples
from tests.events import schedule_event, sqs_event
from tests.gateway import Context


def run_schedule(at: datetime, context: Context | None = None) -> dict[str, int]:
    """The run of the schedule for that moment: reminders and expiry. What it did, in numbers."""
    done: dict[str, int] = schedules.invitation_schedule(_at(at), context or Context())
    return done


def run_scrubbing(at: datetime) -> dict[str, int]:
    """The run of the schedule that scrubs, for that moment."""
    done: dict[str, int] = schedules.scrub_invitations(_at(at), Context())
    return done


def tell(name: str, tags: Mapping[str, str]) -> None:
    """The sample of SES's feedback with that name, told of the mail with these tags; it has to be taken."""
    assert given_back(ses_samples.about(name, tags)) == []


def given_back(*bodies: str) -> list[str]:
    """Hands a batch of messages to the consumer of the feedback; the bodies that it gives back (and die in the end)."""
    messages = [{"MessageId": str(index), "ReceiptHandle": "r", "Body": body} for index, body in enumerate(bodies)]
    answer = feedback.feedback(sqs_event(messages), Context())
    return [bodies[int(each["itemIdentifier"])] for each in answer["batchItemFailures"]]


def _at(moment: datetime) -> dict[str, object]:
    return {**schedule_event(), "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
