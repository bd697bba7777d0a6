"""The second chapter: a contact edit, a new Sold To, an outage that heals."""

import json
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from devstack.demo.narrator import Narrator
from devstack.portal import Person, Portal

TICKET = "https://tickets.example/4712"


def play(narrator: Narrator, olga: Person) -> None:
    """Plays every step; raises StackProblem at the first that does not do what it should."""
    desk = ContactDesk(narrator, olga)
    desk.edit()
    desk.new_sold_to()
    desk.outage()


class ContactDesk:
    """Sue of the support desk, and Olga, deal with contacts."""

    def __init__(self, narrator: Narrator, olga: Person) -> None:
        self.narrator, self.olga = narrator, olga
        self.portal: Portal = narrator.portal
        self.sue = self.portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])

    def edit(self) -> None:
        """A contact edit: a look at what it would do, the edit, the second edit by somebody who read too early."""
        narrator = self.narrator
        narrator.say("Acme moves to Vienna. Support looks at what the edit would touch, then makes it; Zuora follows.")
        contact_id = self._parts()["sold_to"]["id"]
        path = f"/v1/support/contacts/{contact_id}"
        move = {"city": "Wien", "country": "AT", "ticket_url": TICKET}
        preview = narrator.do(200, self.sue, "PATCH", path, {**move, "dry_run": True})
        narrator.show(preview, "touches", "changed", "before")
        self._show_in_zuora("Zuora's contact before", contact_id)
        edited = narrator.do(200, self.sue, "PATCH", path, move)
        narrator.show(edited, "city", "country", "sync")
        self._wait_until_synced(contact_id)
        there = self._show_in_zuora("Zuora's contact after", contact_id)
        narrator.expect((there["city"], there["country"]) == ("Wien", "Austria"), "Zuora has the edit, in its spelling")
        here = narrator.do(200, self.sue, "GET", path)
        narrator.show(here, "city", "country", "sync")
        narrator.expect(here["country"] == "Austria", "and so have we")
        status, refused = self.portal.call("PATCH", path, self.sue, move, **{"If-Match": '"1"'})
        narrator.show(refused, "code", "version")
        narrator.expect(status == HTTPStatus.PRECONDITION_FAILED, "who edits what they read before that edit is told")

    def new_sold_to(self) -> None:
        """A new Sold To: protected from removal at once, in Zuora a moment later; the Bill To stays."""
        narrator = self.narrator
        narrator.say("Max joins by a link, and Olga makes him the Sold To. The Bill To stays who it is.")
        made = narrator.do(201, self.olga, "POST", self._path("/invitations"), {"kind": "link"})
        max_ = self.portal.sign_in("Max Manager", "max@acme.example")
        token = made["accept_url"].partition("#")[2]
        max_id = narrator.do(201, max_, "POST", "/v1/invitations/accept", {"token": token})["customer_id"]
        narrator.next_mail(self.olga.email)
        before = self._parts()
        body = {"manager_id": max_id}
        chosen = narrator.do(202, self.olga, "PUT", self._path("/contacts/sold-to"), body)
        narrator.show(chosen, "first_name", "work_email", "roles", "sync")
        refused = narrator.do(409, self.olga, "DELETE", self._path(f"/managers/{max_id}"))
        narrator.show(refused, "code")
        self.portal.wait_until("the Sold To is in place", self._sold_to_in_place)
        after = self._parts()
        self._show_in_zuora("Zuora's Sold To now", after["sold_to"]["id"])
        self._show_in_zuora("Zuora's Bill To still", after["bill_to"]["id"])
        narrator.expect(after["bill_to"]["id"] == before["bill_to"]["id"], "choosing one part leaves the other")
        narrator.next_mail(max_.email)
        narrator.next_mail(max_.email)

    def outage(self) -> None:
        """Zuora is away: lists say so, edits wait, the breaker opens and the queue keeps its messages; it heals."""
        narrator = self.narrator
        narrator.say("Zuora goes away. Lists say so, everything else continues; the edits of three accounts wait.")
        others = [self._import(name) for name in ("Beta", "Gamma")]
        contacts = [self._parts()["sold_to"]["id"], *others]
        self._fail_zuora("http_503")
        listed = narrator.do(503, self.olga, "GET", self._path("/invoices"))
        narrator.show(listed, "code", "detail")
        for contact_id in contacts:
            edited = narrator.do(
                200, self.sue, "PATCH", f"/v1/support/contacts/{contact_id}", {"city": "Graz", "ticket_url": TICKET}
            )
            narrator.expect(edited["sync"]["state"] == "pending", "the edit waits")
        self.portal.wait_until("the breaker is open", lambda: self._guard() == "away")
        narrator.expect(not self._receives(), "the breaker is open, and the queue keeps its messages to itself")
        narrator.do(200, self.olga, "GET", self._path("/managers"))

        narrator.say("Zuora comes back: the next probe finds it, and everything that waited arrives.")
        self._heal_zuora()
        self.portal.wait_until("the breaker is closed", lambda: self._guard() != "away")
        for contact_id in contacts:
            self._wait_until_synced(contact_id)
            there = self._show_in_zuora("Zuora's contact", contact_id)
            narrator.expect(there["city"] == "Graz", "the edit has arrived")
        narrator.expect(self._receives(), "the queue delivers again")
        failed = narrator.do(200, self.sue, "GET", "/v1/support/sync?state=failed")["data"]
        narrator.expect(failed == [], "nothing was refused, nothing was lost")

    def _import(self, name: str) -> str:
        """Another customer's account; returns the id of its Sold To contact."""
        contact = {"firstName": name, "lastName": "Owner", "workEmail": f"owner@{name.lower()}.example"}
        account = {"name": f"{name} Ltd", "currency": "EUR", "billCycleDay": 1}
        made = self.portal.zuora(
            "POST", "/v1/accounts", {**account, "billToContact": {**contact, "country": "Germany"}}
        )
        body = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
        self.narrator.do(201, self.sue, "POST", "/v1/support/billing-accounts", body)
        return str(made["soldToContactId"])

    def _parts(self) -> Any:
        _, parts = self.portal.call("GET", self._path("/contacts"), self.olga)
        return parts

    def _sold_to_in_place(self) -> bool:
        return bool(self._parts()["sold_to"]["sync"]["state"] == "synced")

    def _wait_until_synced(self, contact_id: str) -> None:
        path = f"/v1/support/contacts/{contact_id}"

        def synced() -> bool:
            return bool(self.portal.call("GET", path, self.sue)[1]["sync"]["state"] == "synced")

        self.portal.wait_until("the contact is in step", synced)

    def _guard(self) -> str:
        """What the guard finds, which looks by itself once a minute."""
        answer: dict[str, Any] = self.portal.run_schedule("ZuoraCircuitBreakerName", datetime.now(UTC))
        return str(answer["seen"])

    def _receives(self) -> bool:
        """Whether the queue's messages are delivered to the worker."""
        stack = self.portal.stack
        mapping = stack.aws.client("lambda").get_event_source_mapping(UUID=stack.outputs["ZuoraMappingId"])
        return mapping["State"] in {"Enabled", "Enabling"}

    def _fail_zuora(self, fault: str) -> None:
        self._control("POST", {"match": "*", "fault": fault, "times": 0})

    def _heal_zuora(self) -> None:
        self._control("DELETE", None)

    def _control(self, method: str, body: dict[str, Any] | None) -> None:
        """Switches the fake Zuora's faults."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.portal.stack.zuora_url}/__faults"
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=10):
            pass

    def _show_in_zuora(self, title: str, contact_id: str) -> Any:
        there = self.portal.zuora("GET", f"/v1/contacts/{contact_id}")
        told = {name: there[name] for name in ("firstName", "lastName", "workEmail", "city", "country")}
        print(f"   {title}: {json.dumps(told, ensure_ascii=False)}")
        return there

    def _path(self, rest: str) -> str:
        return f"/v1/billing-accounts/{self.narrator.account}{rest}"
