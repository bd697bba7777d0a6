"""A customer portal in miniature: signs people in at the dev issuer and calls the API as a portal would."""

import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
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
    """Calls the stack over HTTP, and only so."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._zuora_token: str | None = None

    def sign_in(self, name: str, email: str, **claims: Any) -> Person:
        """Signs a person in at the dev issuer."""
        first, _, last = name.partition(" ")
        wish = {"email": email, "given_name": first, "family_name": last, **claims}
        _, answer = _http("POST", f"{self.stack.issuer_url}/token", wish)
        return Person(name, email, answer["access_token"])

    def call(
        self, method: str, path: str, who: Person | None = None, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """One request to the API as that person; returns status and body."""
        if who is not None:
            headers["Authorization"] = f"Bearer {who.token}"
        return _http(method, f"{self.stack.api_url}{path}", body, headers)

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
        _, answer = _http(method, f"{self.stack.zuora_url}{path}", body, headers)
        return answer

    def mails(self, to: str | None = None) -> list[Mail]:
        """The mails that have arrived, oldest first; all, or those to one address."""
        _, answer = _http("GET", f"{self.stack.aws_endpoint_url}/_ministack/ses/messages")
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


def token_in(mail: Mail) -> str:
    """The token of the link in an invitation mail."""
    found = re.search(r"/invitations#(\S+)", mail.text)
    if found is None:
        raise StackProblem(f"There is no invitation link in the mail {mail.subject!r}.")
    return found.group(1)


def _http(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    sent = dict(headers or {})
    data = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, _content(answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, _content(refusal.read())


def _content(data: bytes) -> Any:
    return json.loads(data) if data else None
