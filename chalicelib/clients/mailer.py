"""SES: sends one mail, once. Retries are made by the queue, behind a claim."""

import re
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import (
    ConnectionError as NotConnected,
)
from botocore.parsers import ResponseParserError

from chalicelib import aws
from chalicelib.failures import Permanent, Retryable

# SES has no idempotency parameter: one request per call, or a time-out becomes three mails.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})

_ABOUT_THE_MAIL = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})
"""The codes under which SES refuses a mail for itself, but refusals of our identity and our account too."""
_OURS = re.compile(
    r"verif|identit|sandbox|suspend|paus|quota|rate|limit exceeded|account|configuration|sender|source|\bfrom\b|tag",
    re.IGNORECASE,
)
_THE_MAILS = re.compile(
    r"illegal address|address blacklisted|user name is missing|"
    r"invalid .*address|address.* (invalid|not valid|contains)|missing final|recipient|destination|"
    r"domain (name )?(contains|starts|ends|is)|control or whitespace|content|virus|malware|"
    r"(message|mail|body|subject|header).*(too (long|large)|length|size|exceeds)",
    re.IGNORECASE,
)


_QUOTED_ADDRESS = re.compile(r"[^\s<>]*@[^\s<>]*")


class Unknown(Exception):
    """The request went out and no answer came: the mail was sent, or it was not."""


class Mailer:
    """Sends mails from one address; the configuration set is what brings SES's feedback."""

    def __init__(self, sender: str, ses: Any | None = None, *, configuration_set: str | None = None) -> None:
        self._sender = sender
        self._feedback: dict[str, Any] = {"ConfigurationSetName": configuration_set} if configuration_set else {}
        self._ses = ses or aws.client("sesv2", config=CONFIG)

    def send(self, *, to: str, subject: str, text: str, html: str, tags: dict[str, str]) -> str:
        """Sends one mail to one address; returns the SES message id. Tags come back in SES's feedback.

        Raises Permanent when SES will never take this mail, Retryable when it certainly did not take it
        now, Unknown when nobody can tell. Our own faults, as opposed to the mail's, are Retryable.
        """
        try:
            answer = self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": text, "Charset": "UTF-8"},
                            "Html": {"Data": html, "Charset": "UTF-8"},
                        },
                        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                    }
                },
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
                **self._feedback,
            )
        except ClientError as error:
            raise _refusal(error) from error
        except (HTTPClientError, IncompleteReadError, ResponseParserError) as error:
            if isinstance(error, NotConnected):
                raise Retryable("SES cannot be reached") from error
            raise Unknown from error
        except NotConnected as error:
            raise Retryable("SES cannot be reached") from error
        except BotoCoreError as error:  # no credentials, no region, a request that cannot be made: nothing went out
            raise Retryable(f"SES was not asked: {type(error).__name__}") from error
        return str(answer["MessageId"])


def _refusal(error: ClientError) -> Retryable | Permanent:
    """Classifies a refusal. It is the mail's own only if SES says so in a text that we know; all others can be fixed.

    SES uses one code, MessageRejected, for an unwanted mail and for an identity that is not verified.
    """
    code = str(error.response["Error"]["Code"])
    said = _QUOTED_ADDRESS.sub("", str(error.response["Error"].get("Message", "")))
    if code in _ABOUT_THE_MAIL and _THE_MAILS.search(said) and not _OURS.search(said):
        return Permanent(code, "SES refused the mail")
    return Retryable(f"SES: {code}")
