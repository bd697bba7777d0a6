"""The first chapter: customers invite, accept, leave, remove, and what becomes of invitations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.demo.narrator import Narrator
from devstack.portal import Person, token_in

TICKET = "https://tickets.example/4711"


def play(narrator: Narrator) -> Person:
    """Plays every step; returns the account's first manager. Raises StackProblem at the first that does not hold."""
    return Customers(narrator).play()


class Customers:
    """Olga manages Acme's billing account and gets help."""

    def __init__(self, narrator: Narrator) -> None:
        self.narrator, self.portal = narrator, narrator.portal
        self._contact_id = ""
        self._contact: Any = None

    def play(self) -> Person:
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
        return olga

    def _import(self) -> str:
        self.narrator.say("The billing team has an account in Zuora; support imports it.")
        contact = {"firstName": "Olga", "lastName": "Owner", "workEmail": "olga@acme.example", "country": "Germany"}
        made = self.portal.zuora(
            "POST", "/v1/accounts", {"name": "Acme Ltd", "currency": "EUR", "billCycleDay": 1, "billToContact": contact}
        )
        self.narrator.show_contact("Zuora's contact before", made["soldToContactId"])
        sue = self.portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])
        body = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
        imported = self.narrator.do(201, sue, "POST", "/v1/support/billing-accounts", body)
        self.narrator.show(imported, "id", "name", "account_number", "first_manager")
        self.narrator.account = imported["id"]
        self._contact_id = made["soldToContactId"]
        self._contact = self._zuora_contact()
        return str(imported["first_manager"]["id"])

    def _first_sign_in(self) -> Person:
        self.narrator.say("The Sold To contact signs in and finds herself the first manager.")
        olga = self.portal.sign_in("Olga Owner", "olga@acme.example")
        me = self.narrator.do(200, olga, "GET", "/v1/me")
        self.narrator.show(me, "id", "email", "counts")
        account = self.narrator.do(200, olga, "GET", self._path())
        self.narrator.show(account, "name", "my_role", "nudge_second_manager")
        return olga

    def _invite_and_accept(self, olga: Person) -> tuple[Person, str]:
        self.narrator.say("She invites a colleague by e-mail.")
        body = {"email": "carl@acme.example", "message": "Carl, please keep an eye on our invoices."}
        invitation = self.narrator.do(201, olga, "POST", self._path("/invitations"), body)
        self.narrator.show(invitation, "id", "email", "role", "status", "expires_at")
        mail = self.narrator.mail("carl@acme.example", number=1)
        token = token_in(mail)

        self.narrator.say(
            "The colleague has no account yet. He opens the link: it shows what it is about and changes nothing."
        )
        preview = self.narrator.do(200, None, "POST", "/v1/invitations/preview", {"token": token})
        self.narrator.show(preview, "account_name", "inviter_name", "role", "email_masked")

        self.narrator.say("Somebody else who got hold of the link cannot use it.")
        eve = self.portal.sign_in("Eve Elsewhere", "eve@elsewhere.example")
        refused = self.narrator.do(403, eve, "POST", "/v1/invitations/accept", {"token": token})
        self.narrator.show(refused, "code", "signed_in_as", "invited")

        self.narrator.say("He signs in with the invited address and accepts; a second click changes nothing.")
        carl = self.portal.sign_in("Carl Colleague", "carl@acme.example")
        membership = self.narrator.do(201, carl, "POST", "/v1/invitations/accept", {"token": token})
        self.narrator.show(membership, "account_name", "customer_id", "role")
        again = self.narrator.do(200, carl, "POST", "/v1/invitations/accept", {"token": token})
        self.narrator.expect(again == membership, "the second answer is the first one")
        self.narrator.mail("carl@acme.example", number=2)
        self.narrator.mail("olga@acme.example", number=1)
        return carl, str(membership["customer_id"])

    def _two_managers(self, olga: Person, carl: Person) -> None:
        self.narrator.say("The list shows two managers.")
        managers = self.narrator.do(200, carl, "GET", self._path("/managers"))["data"]
        for manager in managers:
            self.narrator.show(manager, "first_name", "last_name", "email", "role", "is_sold_to")
        self.narrator.expect(
            [each["email"] for each in managers] == [olga.email, carl.email], "Olga and Carl are listed"
        )

    def _sold_to_stays(self, carl: Person, olga_id: str) -> None:
        self.narrator.say("Carl tries to remove the Sold To and is refused.")
        refused = self.narrator.do(409, carl, "DELETE", self._path(f"/managers/{olga_id}"))
        self.narrator.show(refused, "code", "detail")
        self.narrator.expect(refused["code"] == "is_sold_to_contact", "the refusal says why")

    def _revoke(self, carl: Person) -> None:
        self.narrator.say("Carl invites a third person, and thinks better of it.")
        invitation = self.narrator.do(201, carl, "POST", self._path("/invitations"), {"email": "thea@acme.example"})
        token = token_in(self.narrator.mail("thea@acme.example", number=1))
        revoked = self.narrator.do(200, carl, "POST", self._path(f"/invitations/{invitation['id']}/revoke"))
        self.narrator.show(revoked, "email", "status", "ended_at")
        self.narrator.mail("thea@acme.example", number=2)
        thea = self.portal.sign_in("Thea Third", "thea@acme.example")
        refused = self.narrator.do(410, thea, "POST", "/v1/invitations/accept", {"token": token})
        self.narrator.show(refused, "code", "detail")

    def _remove(self, olga: Person, carl: Person, carl_id: str) -> None:
        self.narrator.say("Olga removes Carl; his access ends at once.")
        self.narrator.do(204, olga, "DELETE", self._path(f"/managers/{carl_id}"))
        refused = self.narrator.do(404, carl, "GET", self._path())
        self.narrator.show(refused, "code")
        self.narrator.mail("carl@acme.example", number=3)

    def _history(self, olga: Person) -> None:
        self.narrator.say("The history shows it all, newest first.")
        events = self.narrator.do(200, olga, "GET", self._path("/history"))["data"]
        for event in events:
            self.narrator.show(event, "at", "type", "actor", "subject")
        expected = ["manager_removed", "invitation_revoked", "invitation_created", "invitation_accepted",
                    "invitation_created", "account_imported"]  # fmt: skip
        self.narrator.expect(
            [each["type"] for each in events] == expected, "nothing is missing and nothing is there twice"
        )
        self.narrator.show_contact("Zuora's contact after", self._contact_id)
        self.narrator.expect(
            self._zuora_contact() == self._contact, "managers came and went, and Zuora's contact is as before"
        )

    def _link(self, olga: Person) -> None:
        self.narrator.say("Olga makes a link and hands it over in the chat; it is shown once and works once.")
        made = self.narrator.do(201, olga, "POST", self._path("/invitations"), {"kind": "link", "role": "viewer"})
        self.narrator.show(made, "kind", "role", "expires_at", "accept_url")
        token = made["accept_url"].partition("#")[2]
        lena = self.portal.sign_in("Lena Link", "lena@acme.example")
        membership = self.narrator.do(201, lena, "POST", "/v1/invitations/accept", {"token": token})
        self.narrator.show(membership, "account_name", "role")
        mallory = self.portal.sign_in("Mallory Late", "mallory@elsewhere.example")
        refused = self.narrator.do(410, mallory, "POST", "/v1/invitations/accept", {"token": token})
        self.narrator.show(refused, "code")
        self.narrator.next_mail(olga.email)

    def _resend(self, olga: Person) -> None:
        self.narrator.say("Olga invites Rita; the mail drowns in an inbox, so she sends it again: the old link dies.")
        first = self.narrator.do(201, olga, "POST", self._path("/invitations"), {"email": "rita@acme.example"})
        old = token_in(self.narrator.next_mail("rita@acme.example"))
        path = self._path(f"/invitations/{first['id']}/resend")
        early = self.narrator.do(429, olga, "POST", path)
        self.narrator.show(early, "code", "detail")
        self.narrator.wait_as_told()
        again = self.narrator.do(200, olga, "POST", path)
        self.narrator.show(again, "sent_count", "last_sent_at", "expires_at")
        new = token_in(self.narrator.next_mail("rita@acme.example"))
        dead = self.narrator.do(410, None, "POST", "/v1/invitations/preview", {"token": old})
        self.narrator.show(dead, "code", "newer_sent_at")
        preview = self.narrator.do(200, None, "POST", "/v1/invitations/preview", {"token": new})
        self.narrator.show(preview, "status", "email_masked")

    def _decline(self, olga: Person) -> None:
        self.narrator.say("Dora declines without signing in, and says why; Olga is told.")
        self.narrator.do(201, olga, "POST", self._path("/invitations"), {"email": "dora@acme.example", "locale": "de"})
        token = token_in(self.narrator.next_mail("dora@acme.example"))
        body = {"token": token, "reason": "I am moving to another team."}
        declined = self.narrator.do(200, None, "POST", "/v1/invitations/decline", body)
        self.narrator.show(declined, "account_name", "status")
        self.narrator.next_mail(olga.email)

    def _bounce(self, olga: Person) -> None:
        self.narrator.say("A mistyped address: SES tells that the mail came back; Olga is told, and sees why.")
        invitation = self.narrator.do(201, olga, "POST", self._path("/invitations"), {"email": "tpyo@acme.example"})
        self.narrator.next_mail("tpyo@acme.example")
        recipients = [{"emailAddress": "tpyo@acme.example", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]
        self.portal.tell_feedback("Bounce", invitation, 1, bounceType="Permanent", bouncedRecipients=recipients)
        path = self._path(f"/invitations/{invitation['id']}")
        self.portal.wait_until(
            "the bounce shows", lambda: self.portal.call("GET", path, olga)[1]["delivery"]["state"] == "bounced"
        )
        seen = self.narrator.do(200, olga, "GET", path)
        self.narrator.show(seen, "email", "delivery")
        self.narrator.next_mail(olga.email)
        self.portal.call("POST", f"{path}/resend", olga)
        self.narrator.wait_as_told()
        refused = self.narrator.do(409, olga, "POST", f"{path}/resend")
        self.narrator.show(refused, "code", "detail")
        corrected = self.narrator.do(200, olga, "POST", f"{path}/resend", {"email": "typo@acme.example"})
        self.narrator.show(corrected, "email", "status", "delivery")
        self.narrator.next_mail("typo@acme.example")

    def _expiry(self, olga: Person) -> None:
        self.narrator.say(
            "Two days later Rita is reminded; a week later what nobody accepted has expired, and Olga is told."
        )
        rita, typo = self.narrator.do(200, olga, "GET", self._path("/invitations"))["data"]
        done = self.portal.run_schedule("InvitationScheduleName", datetime.now(UTC) + timedelta(days=2, minutes=1))
        self.narrator.show(done, "reminded", "expired")
        self.narrator.next_mail("rita@acme.example")
        done = self.portal.run_schedule("InvitationScheduleName", datetime.now(UTC) + timedelta(days=7, minutes=1))
        self.narrator.show(done, "reminded", "expired")
        pending = [rita, typo]
        self.narrator.expect(done["expired"] >= len(pending), "both pending invitations have expired")
        for _ in pending:
            self.narrator.next_mail(olga.email)
        account = self.narrator.do(200, olga, "GET", self._path())
        self.narrator.expect(account["limits"]["pending_invitations"]["used"] == 0, "nothing is pending any more")

    # How it is told

    def _zuora_contact(self) -> Any:
        return self.portal.zuora("GET", f"/v1/contacts/{self._contact_id}")

    def _path(self, rest: str = "") -> str:
        return f"/v1/billing-accounts/{self.narrator.account}{rest}"
