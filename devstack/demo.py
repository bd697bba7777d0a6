"""The story that `make demo` plays through the public API, step by step, for a reader."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from devstack import demo_desk, demo_zuora
from devstack.portal import Mail, Person, Portal, token_in
from devstack.problems import StackProblem
from devstack.stack import Stack

SETTINGS = {"ResendCooldownSeconds": "2"}
"""Template parameters of the demo's stack: nobody wants to watch a minute go by."""

TICKET = "https://tickets.example/4711"
_WIDTH = 100


def play(stack: Stack) -> None:
    """Plays every step; raises StackProblem at the first that does not do what it should."""
    Story(Portal(stack)).play()
    print("\nEvery step did what it should.")


class Story:
    """Olga manages Acme's billing account and gets help."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.step = 0
        self.account = ""
        self._read: dict[str, int] = {}

    def play(self) -> None:
        """The whole story, in order."""
        olga_id = self._import()
        olga = self._first_sign_in()
        carl, carl_id = self._invite_and_accept(olga)
        self._two_managers(olga, carl)
        self._sold_to_stays(carl, olga_id)
        self._revoke(carl)
        self._remove(olga, carl, carl_id)
        self._history(olga)
        self._link(olga)
        self._resend(olga)
        self._decline(olga)
        self._bounce(olga)
        self._expiry(olga)
        demo_zuora.play(self, olga)
        demo_desk.play(self)

    def _import(self) -> str:
        self._say("The billing team has an account in Zuora; support imports it.")
        contact = {"firstName": "Olga", "lastName": "Owner", "workEmail": "olga@acme.example", "country": "Germany"}
        made = self.portal.zuora(
            "POST", "/v1/accounts", {"name": "Acme Ltd", "currency": "EUR", "billCycleDay": 1, "billToContact": contact}
        )
        self._show_contact("Zuora's contact before", made["soldToContactId"])
        sue = self.portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])
        body = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
        imported = self._do(201, sue, "POST", "/v1/support/billing-accounts", body)
        self._show(imported, "id", "name", "account_number", "first_manager")
        self.account = imported["id"]
        self._contact_id = made["soldToContactId"]
        self._contact = self._zuora_contact()
        return str(imported["first_manager"]["id"])

    def _first_sign_in(self) -> Person:
        self._say("The Sold To contact signs in and finds herself the first manager.")
        olga = self.portal.sign_in("Olga Owner", "olga@acme.example")
        me = self._do(200, olga, "GET", "/v1/me")
        self._show(me, "id", "email", "counts")
        account = self._do(200, olga, "GET", self._path())
        self._show(account, "name", "my_role", "nudge_second_manager")
        return olga

    def _invite_and_accept(self, olga: Person) -> tuple[Person, str]:
        self._say("She invites a colleague by e-mail.")
        body = {"email": "carl@acme.example", "message": "Carl, please keep an eye on our invoices."}
        invitation = self._do(201, olga, "POST", self._path("/invitations"), body)
        self._show(invitation, "id", "email", "role", "status", "expires_at")
        mail = self._mail("carl@acme.example", number=1)
        token = token_in(mail)

        self._say("The colleague has no account yet. He opens the link: it shows what it is about and changes nothing.")
        preview = self._do(200, None, "POST", "/v1/invitations/preview", {"token": token})
        self._show(preview, "account_name", "inviter_name", "role", "email_masked")

        self._say("Somebody else who got hold of the link cannot use it.")
        eve = self.portal.sign_in("Eve Elsewhere", "eve@elsewhere.example")
        refused = self._do(403, eve, "POST", "/v1/invitations/accept", {"token": token})
        self._show(refused, "code", "signed_in_as", "invited")

        self._say("He signs in with the invited address and accepts; a second click changes nothing.")
        carl = self.portal.sign_in("Carl Colleague", "carl@acme.example")
        membership = self._do(201, carl, "POST", "/v1/invitations/accept", {"token": token})
        self._show(membership, "account_name", "customer_id", "role")
        again = self._do(200, carl, "POST", "/v1/invitations/accept", {"token": token})
        self._expect(again == membership, "the second answer is the first one")
        self._mail("carl@acme.example", number=2)
        self._mail("olga@acme.example", number=1)
        return carl, str(membership["customer_id"])

    def _two_managers(self, olga: Person, carl: Person) -> None:
        self._say("The list shows two managers.")
        managers = self._do(200, carl, "GET", self._path("/managers"))["data"]
        for manager in managers:
            self._show(manager, "first_name", "last_name", "email", "role", "is_sold_to")
        self._expect([each["email"] for each in managers] == [olga.email, carl.email], "Olga and Carl are listed")

    def _sold_to_stays(self, carl: Person, olga_id: str) -> None:
        self._say("Carl tries to remove the Sold To and is refused.")
        refused = self._do(409, carl, "DELETE", self._path(f"/managers/{olga_id}"))
        self._show(refused, "code", "detail")
        self._expect(refused["code"] == "is_sold_to_contact", "the refusal says why")

    def _revoke(self, carl: Person) -> None:
        self._say("Carl invites a third person, and thinks better of it.")
        invitation = self._do(201, carl, "POST", self._path("/invitations"), {"email": "thea@acme.example"})
        token = token_in(self._mail("thea@acme.example", number=1))
        revoked = self._do(200, carl, "POST", self._path(f"/invitations/{invitation['id']}/revoke"))
        self._show(revoked, "email", "status", "ended_at")
        self._mail("thea@acme.example", number=2)
        thea = self.portal.sign_in("Thea Third", "thea@acme.example")
        refused = self._do(410, thea, "POST", "/v1/invitations/accept", {"token": token})
        self._show(refused, "code", "detail")

    def _remove(self, olga: Person, carl: Person, carl_id: str) -> None:
        self._say("Olga removes Carl; his access ends at once.")
        self._do(204, olga, "DELETE", self._path(f"/managers/{carl_id}"))
        refused = self._do(404, carl, "GET", self._path())
        self._show(refused, "code")
        self._mail("carl@acme.example", number=3)

    def _history(self, olga: Person) -> None:
        self._say("The history shows it all, newest first.")
        events = self._do(200, olga, "GET", self._path("/history"))["data"]
        for event in events:
            self._show(event, "at", "type", "actor", "subject")
        expected = ["manager_removed", "invitation_revoked", "invitation_created", "invitation_accepted",
                    "invitation_created", "account_imported"]  # fmt: skip
        self._expect([each["type"] for each in events] == expected, "nothing is missing and nothing is there twice")
        self._show_contact("Zuora's contact after", self._contact_id)
        self._expect(self._zuora_contact() == self._contact, "managers came and went, and Zuora's contact is as before")

    def _link(self, olga: Person) -> None:
        self._say("Olga makes a link and hands it over in the chat; it is shown once and works once.")
        made = self._do(201, olga, "POST", self._path("/invitations"), {"kind": "link", "role": "viewer"})
        self._show(made, "kind", "role", "expires_at", "accept_url")
        token = made["accept_url"].partition("#")[2]
        lena = self.portal.sign_in("Lena Link", "lena@acme.example")
        membership = self._do(201, lena, "POST", "/v1/invitations/accept", {"token": token})
        self._show(membership, "account_name", "role")
        mallory = self.portal.sign_in("Mallory Late", "mallory@elsewhere.example")
        refused = self._do(410, mallory, "POST", "/v1/invitations/accept", {"token": token})
        self._show(refused, "code")
        self._next_mail(olga.email)

    def _resend(self, olga: Person) -> None:
        self._say("Olga invites Rita; the mail drowns in an inbox, so she sends it again: the old link dies.")
        first = self._do(201, olga, "POST", self._path("/invitations"), {"email": "rita@acme.example"})
        old = token_in(self._next_mail("rita@acme.example"))
        path = self._path(f"/invitations/{first['id']}/resend")
        early = self._do(429, olga, "POST", path)
        self._show(early, "code", "detail")
        self._wait_as_told()
        again = self._do(200, olga, "POST", path)
        self._show(again, "sent_count", "last_sent_at", "expires_at")
        new = token_in(self._next_mail("rita@acme.example"))
        dead = self._do(410, None, "POST", "/v1/invitations/preview", {"token": old})
        self._show(dead, "code", "newer_sent_at")
        preview = self._do(200, None, "POST", "/v1/invitations/preview", {"token": new})
        self._show(preview, "status", "email_masked")

    def _decline(self, olga: Person) -> None:
        self._say("Dora declines without signing in, and says why; Olga is told.")
        self._do(201, olga, "POST", self._path("/invitations"), {"email": "dora@acme.example", "locale": "de"})
        token = token_in(self._next_mail("dora@acme.example"))
        body = {"token": token, "reason": "I am moving to another team."}
        declined = self._do(200, None, "POST", "/v1/invitations/decline", body)
        self._show(declined, "account_name", "status")
        self._next_mail(olga.email)

    def _bounce(self, olga: Person) -> None:
        self._say("A mistyped address: SES tells that the mail came back; Olga is told, and sees why.")
        invitation = self._do(201, olga, "POST", self._path("/invitations"), {"email": "tpyo@acme.example"})
        self._next_mail("tpyo@acme.example")
        recipients = [{"emailAddress": "tpyo@acme.example", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]
        self.portal.tell_feedback("Bounce", invitation, 1, bounceType="Permanent", bouncedRecipients=recipients)
        path = self._path(f"/invitations/{invitation['id']}")
        self.portal.wait_until(
            "the bounce shows", lambda: self.portal.call("GET", path, olga)[1]["delivery"]["state"] == "bounced"
        )
        seen = self._do(200, olga, "GET", path)
        self._show(seen, "email", "delivery")
        self._next_mail(olga.email)
        self.portal.call("POST", f"{path}/resend", olga)
        self._wait_as_told()
        refused = self._do(409, olga, "POST", f"{path}/resend")
        self._show(refused, "code", "detail")
        corrected = self._do(200, olga, "POST", f"{path}/resend", {"email": "typo@acme.example"})
        self._show(corrected, "email", "status", "delivery")
        self._next_mail("typo@acme.example")

    def _expiry(self, olga: Person) -> None:
        self._say("Two days later Rita is reminded; a week later what nobody accepted has expired, and Olga is told.")
        rita, typo = self._do(200, olga, "GET", self._path("/invitations"))["data"]
        done = self.portal.run_schedule("InvitationScheduleName", datetime.now(UTC) + timedelta(days=2, minutes=1))
        self._show(done, "reminded", "expired")
        self._next_mail("rita@acme.example")
        done = self.portal.run_schedule("InvitationScheduleName", datetime.now(UTC) + timedelta(days=7, minutes=1))
        self._show(done, "reminded", "expired")
        pending = [rita, typo]
        self._expect(done["expired"] >= len(pending), "both pending invitations have expired")
        for _ in pending:
            self._next_mail(olga.email)
        account = self._do(200, olga, "GET", self._path())
        self._expect(account["limits"]["pending_invitations"]["used"] == 0, "nothing is pending any more")

    # How it is told

    def _say(self, text: str) -> None:
        self.step += 1
        print(f"\n{self.step}. {text}")

    def _do(self, status: int, who: Person | None, method: str, path: str, body: Any = None) -> Any:
        answered, content = self.portal.call(method, path, who, body)
        shown = path.replace(self.account, "…") if self.account else path
        print(f"   {who.name if who else 'Anybody'}: {method} {shown} -> {answered}")
        if answered != status:
            raise StackProblem(f"{method} {path} answered {answered}, not {status}: {json.dumps(content)}")
        return content

    def _wait_as_told(self) -> None:
        """Waits the seconds that the last refusal asked for, if it was one."""
        if self.portal.retry_after:
            print(f"     waiting {self.portal.retry_after} s, as told")
            time.sleep(self.portal.retry_after)

    def _next_mail(self, to: str) -> Mail:
        """The next mail to somebody who has read the others."""
        return self._mail(to, number=self._read.get(to, 0) + 1)

    def _mail(self, to: str, *, number: int) -> Mail:
        self._read[to] = number
        mail = self.portal.wait_for_mail(to, number=number)
        print(f"   Mail to {mail.to}: {mail.subject}")
        for line in mail.text.strip().splitlines():
            print(f"   | {line[:_WIDTH]}")
        return mail

    def _show(self, answer: dict[str, Any], *fields: str) -> None:
        told = ", ".join(f"{name}={json.dumps(answer[name], ensure_ascii=False)}" for name in fields)
        print(f"     {told}")

    def _show_contact(self, title: str, contact_id: str) -> None:
        contact = self.portal.zuora("GET", f"/v1/contacts/{contact_id}")
        print(
            f"   {title}: {contact['firstName']} {contact['lastName']} <{contact['workEmail']}>, {contact['country']}"
        )

    def _zuora_contact(self) -> Any:
        return self.portal.zuora("GET", f"/v1/contacts/{self._contact_id}")

    def _expect(self, holds: bool, what: str) -> None:  # noqa: FBT001 -- reads as the sentence it is
        if not holds:
            raise StackProblem(f"This does not hold: {what}.")
        print(f"     holds: {what}")

    def _path(self, rest: str = "") -> str:
        return f"/v1/billing-accounts/{self.account}{rest}"
