"""What tells the demo: sentences, requests with their answers, mails, and what has to hold."""

import json
import time
from typing import Any

from devstack.portal import Mail, Person, Portal
from devstack.problems import StackProblem

_WIDTH = 100


class Narrator:
    """Shows every step to a reader; ``account`` is shortened in the paths that are shown."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.account = ""
        self._step = 0
        self._read: dict[str, int] = {}

    def say(self, text: str) -> None:
        """The next step, in a sentence."""
        self._step += 1
        print(f"\n{self._step}. {text}")

    def do(self, status: int, who: Person | None, method: str, path: str, body: Any = None) -> Any:
        """Sends a request as somebody, which must be answered with that status; returns the answer's body."""
        answered, content = self.portal.call(method, path, who, body)
        shown = path.replace(self.account, "…") if self.account else path
        print(f"   {who.name if who else 'Anybody'}: {method} {shown} -> {answered}")
        if answered != status:
            raise StackProblem(f"{method} {path} answered {answered}, not {status}: {json.dumps(content)}")
        return content

    def wait_as_told(self) -> None:
        """Waits the seconds that the last refusal asked for, if it was one."""
        if self.portal.retry_after:
            print(f"     waiting {self.portal.retry_after} s, as told")
            time.sleep(self.portal.retry_after)

    def next_mail(self, to: str) -> Mail:
        """The next mail to somebody who has read the others."""
        return self.mail(to, number=self._read.get(to, 0) + 1)

    def mail(self, to: str, *, number: int) -> Mail:
        """The mail of that number to somebody, shown in full."""
        self._read[to] = number
        mail = self.portal.wait_for_mail(to, number=number)
        print(f"   Mail to {mail.to}: {mail.subject}")
        for line in mail.text.strip().splitlines():
            print(f"   | {line[:_WIDTH]}")
        return mail

    def show(self, answer: dict[str, Any], *fields: str) -> None:
        """Shows some fields of an answer."""
        told = ", ".join(f"{name}={json.dumps(answer[name], ensure_ascii=False)}" for name in fields)
        print(f"     {told}")

    def show_contact(self, title: str, contact_id: str) -> None:
        """Shows a contact as Zuora has it."""
        contact = self.portal.zuora("GET", f"/v1/contacts/{contact_id}")
        print(
            f"   {title}: {contact['firstName']} {contact['lastName']} <{contact['workEmail']}>, {contact['country']}"
        )

    def expect(self, holds: bool, what: str) -> None:  # noqa: FBT001 -- reads as the sentence it is
        """Refuses with StackProblem what does not hold."""
        if not holds:
            raise StackProblem(f"This does not hold: {what}.")
        print(f"     holds: {what}")
