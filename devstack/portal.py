"""A customer portal in miniature: signs people in at the dev issuer and calls the API as a portal would."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from devstack.problems import StackProblem
from devstack.stack import Stack

PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at their browser."""

    name: str
    email: str
    token: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived."""

    to: str
    subject: str
    text: str


class Portal:
    """Calls the stack over HTTP, and only so. ``retry_after`` is what the last refusal asked to wait, in seconds."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.retry_after = 0
        self._zuora_token: str | None = None

    def sign_in(self, name: str, email: str, **claims: Any) -> Person:
        """Signs a person in at the dev issuer."""
        first, _, last = name.partition(" ")
        asked = {"email": email, "given_name": first, "family_name": last, **claims}
        _, answer, _ = _http("POST", f"{self.stack.issuer_url}/token", asked)
        return Person(name, email, answer["access_token"])

    def call(
        self, method: str, path: str, who: Person | None = None, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """One request to the API as that person; returns status and body."""
        if who is not None:
            headers["Authorization"] = f"Bearer {who.token}"
        status, content, answered = _http(method, f"{self.stack.api_url}{path}", body, headers)
        self.retry_after = int(answered.get("Retry-After") or 0)
        return status, content

    def zuora(self, method: str, path: str, body: Any = None) -> Any:
        """One request to Zuora, as somebody of the billing team."""
        if self._zuora_token is None:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.stack.zuora_client_id,
                "client_secret": self.stack.zuora_client_secret,
            }
            request = urllib.request.Request(f"{self.stack.zuora_url}/oauth/token", urlencode(form).encode())
            with urllib.request.urlopen(request, timeout=10) as answer:
                self._zuora_token = json.load(answer)["access_token"]
        headers = {"Authorization": f"Bearer {self._zuora_token}", "Zuora-Version": "2025-08-12"}
        _, answer, _ = _http(method, f"{self.stack.zuora_url}{path}", body, headers)
        return answer

    def mails(self, to: str | None = None) -> list[Mail]:
        """The mails that have arrived, oldest first; all, or those to one address."""
        _, answer, _ = _http("GET", f"{self.stack.aws_endpoint_url}/_ministack/ses/messages")
        found = [each for account in answer["messages"].values() for each in account]
        read = [Mail(each["To"][0], each["Subject"], each["BodyText"]) for each in found]
        return [mail for mail in read if to is None or mail.to == to]

    def wait_for_mail(self, to: str, *, number: int) -> Mail:
        """The mail with that number (from 1) to an address; waits for it. StackProblem if it does not come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            arrived = self.mails(to)
            if len(arrived) >= number:
                return arrived[number - 1]
            time.sleep(0.2)  # polling a mailbox: nothing tells when a mail arrives
        raise StackProblem(f"Mail number {number} to {to} did not arrive within {PATIENCE_SECONDS} s.")

    def tell_feedback(self, kind: str, invitation: dict[str, Any], generation: int, **more: Any) -> None:
        """Publishes what SES would tell of an invitation's mail, as AWS documents it, to the real topic."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        tags = {
            "account_id": invitation["account_id"],
            "invitation_id": invitation["id"],
            "generation": str(generation),
        }
        news = {
            "eventType": kind,
            "mail": {
                "timestamp": moment,
                "messageId": "demo",
                "destination": [invitation["email"]],
                "tags": {name: [value] for name, value in tags.items()},
            },
            kind.lower(): {"timestamp": moment, **more},
        }
        sns = self.stack.aws.client("sns")
        sns.publish(TopicArn=self.stack.outputs["FeedbackTopicArn"], Message=json.dumps(news))

    def run_schedule(self, output: str, when: datetime) -> dict[str, int]:
        """Runs a scheduled function as if it were that time: its clock is the time of its event."""
        event = {
            "version": "0",
            "id": "demo",
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "account": "000000000000",
            "region": self.stack.region,
            "resources": [],
            "detail": {},
            "time": when.isoformat(),
        }
        answer = self.stack.aws.client("lambda").invoke(
            FunctionName=self.stack.outputs[output], Payload=json.dumps(event).encode()
        )
        done: dict[str, int] = json.loads(answer["Payload"].read())
        return done

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        """Waits until something that happens behind the API has happened. StackProblem if it does not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if holds():
                return
            time.sleep(0.2)  # polling: nothing tells
        raise StackProblem(f"Not within {PATIENCE_SECONDS} s: {what}.")


def token_in(mail: Mail) -> str:
    """The token of the link in an invitation mail."""
    found = re.search(r"/invitations#(\S+)", mail.text)
    if found is None:
        raise StackProblem(f"There is no invitation link in the mail {mail.subject!r}.")
    return found.group(1)


_Answer = tuple[int, Any, Mapping[str, str]]


def _http(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> _Answer:
    sent = dict(headers or {})
    data = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, _content(answer.read()), dict(answer.headers.items())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, _content(refusal.read()), dict(refusal.headers.items())


def _content(data: bytes) -> Any:
    return json.loads(data) if data else None
