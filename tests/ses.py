"""moto's SES: the mails that it took, and what goes wrong on the way there.

moto keeps of a mail whom it is from and for, its subject and its HTML, and refuses a sender that is not verified. The
text, the tags and the configuration set are taken from the request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.clients import mailer
from tests.cloud import backend

_REQUEST, _ANSWER = "provide-client-params.*", "after-call.*"


@dataclass(slots=True)
class SentMail:
    """One mail that SES took."""

    to: str
    subject: str
    text: str
    html: str
    tags: dict[str, str]
    sender: str
    configuration_set: str | None


@dataclass(slots=True)
class Ses:
    """What became of the mails, in order. ``failures`` are raised, one a call, before or after the mail is taken.

    ``troubles`` are raised for an address as long as they are there. ``just_before`` is done before a mail is taken.
    """

    client: Any
    sent: list[SentMail] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    troubles: dict[str, tuple[str, Exception]] = field(default_factory=dict)
    just_before: Callable[[], None] = lambda: None
    _under_way: dict[str, Any] = field(default_factory=dict)
    _after: Exception | None = None

    def refuse(self, code: str, message: str = "", *, times: int = 1) -> None:
        """The next calls get this error of SES."""
        self.failures += [("before", refusal(code, message))] * times

    def refuse_the_mail(self) -> None:
        """The next call is refused for the mail itself: SES has something against the recipient."""
        self.refuse("BadRequestException", "Local address contains control or whitespace")

    def asked(self, params: dict[str, Any], **_call: Any) -> None:
        """A request is about to be made."""
        (to,) = params["Destination"]["ToAddresses"]
        self.just_before()
        when, failure = self.failures.pop(0) if self.failures else self.troubles.get(to, ("", None))
        if failure is not None and when == "before":
            raise failure.with_traceback(None)  # it may be raised often, and would keep every frame
        self._under_way, self._after = params, failure

    def answered(self, parsed: dict[str, Any], **_call: Any) -> None:
        """Moto has answered: the mail is taken, unless it was refused."""
        if "MessageId" not in parsed:
            return
        taken = backend("ses").sent_messages[-1]
        (to,) = taken.destinations["ToAddresses"]
        asked = self._under_way
        text = asked["Content"]["Simple"]["Body"]["Text"]["Data"]
        tags = {tag["Name"]: tag["Value"] for tag in asked["EmailTags"]}
        feedback = asked.get("ConfigurationSetName")
        self.sent.append(SentMail(to, taken.subject, text, taken.body, tags, taken.source, feedback))
        failure, self._after = self._after, None
        if failure is not None:
            raise failure.with_traceback(None)


def refusal(code: str, message: str = "") -> ClientError:
    """An error that SES answers with."""
    return ClientError({"Error": {"Code": code, "Message": message or code}}, "SendEmail")


@contextmanager
def listened_to(sender: str) -> Iterator[Ses]:
    """SES, within ``mock_aws``, with a verified sender."""
    backend("ses").verify_email_identity(sender)
    ses = Ses(aws.client("sesv2", config=mailer.CONFIG))
    events = ses.client.meta.events
    events.register(_REQUEST, ses.asked)
    events.register(_ANSWER, ses.answered)
    try:
        yield ses
    finally:  # the client is everybody's
        events.unregister(_REQUEST, ses.asked)
        events.unregister(_ANSWER, ses.answered)
