"""SES: hands over one mail, once. A repetition is the queue's business, behind a claim."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

from chalicelib.clients.failures import Permanent, Retryable

# SES has no idempotency parameter: one request per call, or a time-out becomes three mails.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})

_PERMANENT = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})


class Unknown(Exception):
    """The request went out and no answer came: the mail was sent, or it was not."""


class Mailer:
    """Sends mails from one address; the configuration set is what brings SES's feedback."""

    def __init__(self, sender: str, ses: Any | None = None, *, configuration_set: str | None = None) -> None:
        self._sender = sender
        self._feedback: dict[str, Any] = {"ConfigurationSetName": configuration_set} if configuration_set else {}
        self._ses = ses or boto3.client("sesv2", config=CONFIG)

    def send(self, *, to: str, subject: str, text: str, html: str, tags: dict[str, str]) -> str:
        """Sends one mail to one address; returns the SES message id. Tags come back in SES's feedback.

        Raises Permanent when SES will never take this mail, Retryable when it certainly did not take it
        now, Unknown when nobody can tell.
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
            code = error.response["Error"]["Code"]
            if code in _PERMANENT:
                raise Permanent(code, "SES refused the mail") from error
            raise Retryable(f"SES: {code}") from error
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise Retryable("SES cannot be reached") from error
        except HTTPClientError as error:
            raise Unknown from error
        return str(answer["MessageId"])
