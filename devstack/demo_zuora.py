"""The part of the story that has to do with Zuora: a contact edit, a new Sold To, an outage that heals."""
# ruff: noqa: SLF001 -- a chapter of the same story

import json
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from devstack.portal import Person, Portal

if TYPE_CHECKING:
    from devstack.demo import Story

TICKET = "https://tickets.example/4712"


def play(story: "Story", olga: Person) -> None:
    """Plays every step; raises StackProblem at the first that does not do what it should."""
    desk = ContactDesk(story, olga)
    desk.edit()
    desk.new_sold_to()
    desk.outage()


class ContactDesk:
    """Sue of the support desk, and Olga, look after contacts."""

    def __init__(self, story: "Story", olga: Person) -> None:
        self.story, self.olga = story, olga
        self.portal: Portal = story.portal
        self.sue = self.portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])

    def edit(self) -> None:
        """A contact edit: a look at what it would do, the edit, the second edit by somebody who read too early."""
        story = self.story
        story._say("Acme moves to Vienna. Support looks at what the edit would touch, then makes it; Zuora follows.")
        contact_id = self._parts()["sold_to"]["id"]
        path = f"/v1/support/contacts/{contact_id}"
        move = {"city": "Wien", "country": "AT", "ticket_url": TICKET}
        preview = story._do(200, self.sue, "PATCH", path, {**move, "dry_run": True})
        story._show(preview, "touches", "changed", "before")
        self._show_in_zuora("Zuora's contact before", contact_id)
        edited = story._do(200, self.sue, "PATCH", path, move)
        story._show(edited, "city", "country", "sync")
        self._wait_until_synced(contact_id)
        there = self._show_in_zuora("Zuora's contact after", contact_id)
        story._expect((there["city"], there["country"]) == ("Wien", "Austria"), "Zuora has the edit, in its spelling")
        here = story._do(200, self.sue, "GET", path)
        story._show(here, "city", "country", "sync")
        story._expect(here["country"] == "Austria", "and so have we")
        status, refused = self.portal.call("PATCH", path, self.sue, move, **{"If-Match": '"1"'})
        story._show(refused, "code", "version")
        story._expect(status == HTTPStatus.PRECONDITION_FAILED, "who edits what they read before that edit is told")

    def new_sold_to(self) -> None:
        """A new Sold To: protected from removal at once, in Zuora a moment later; the Bill To stays."""
        story = self.story
        story._say("Max joins by a link, and Olga makes him the Sold To. The Bill To stays who it is.")
        made = story._do(201, self.olga, "POST", self._path("/invitations"), {"kind": "link"})
        max_ = self.portal.sign_in("Max Manager", "max@acme.example")
        token = made["accept_url"].partition("#")[2]
        max_id = story._do(201, max_, "POST", "/v1/invitations/accept", {"token": token})["customer_id"]
        story._next_mail(self.olga.email)
        before = self._parts()
        body = {"manager_id": max_id}
        chosen = story._do(202, self.olga, "PUT", self._path("/contacts/sold-to"), body)
        story._show(chosen, "first_name", "work_email", "roles", "sync")
        refused = story._do(409, self.olga, "DELETE", self._path(f"/managers/{max_id}"))
        story._show(refused, "code")
        self.portal.wait_until("the Sold To is in place", self._sold_to_in_place)
        after = self._parts()
        self._show_in_zuora("Zuora's Sold To now", after["sold_to"]["id"])
        self._show_in_zuora("Zuora's Bill To still", after["bill_to"]["id"])
        story._expect(after["bill_to"]["id"] == before["bill_to"]["id"], "choosing one part leaves the other")
        story._next_mail(max_.email)
        story._next_mail(max_.email)

    def outage(self) -> None:
        """Zuora is away: lists say so, edits wait, the breaker opens and the queue keeps its messages; it heals."""
        story = self.story
        story._say("Zuora goes away. Lists say so, everything else goes on; the edits of three accounts wait.")
        others = [self._import(name) for name in ("Beta", "Gamma")]
        contacts = [self._parts()["sold_to"]["id"], *others]
        self._fail_zuora("http_503")
        listed = story._do(503, self.olga, "GET", self._path("/invoices"))
        story._show(listed, "code", "detail")
        for contact_id in contacts:
            edited = story._do(
                200, self.sue, "PATCH", f"/v1/support/contacts/{contact_id}", {"city": "Graz", "ticket_url": TICKET}
            )
            story._expect(edited["sync"]["state"] == "pending", "the edit waits")
        self.portal.wait_until("the breaker is open", lambda: self._guard() == "away")
        story._expect(not self._receives(), "the breaker is open, and the queue keeps its messages to itself")
        story._do(200, self.olga, "GET", self._path("/managers"))

        story._say("Zuora comes back: the next probe finds it, and everything that waited arrives.")
        self._heal_zuora()
        self.portal.wait_until("the breaker is closed", lambda: self._guard() != "away")
        for contact_id in contacts:
            self._wait_until_synced(contact_id)
            there = self._show_in_zuora("Zuora's contact", contact_id)
            story._expect(there["city"] == "Graz", "the edit has arrived")
        story._expect(self._receives(), "the queue delivers again")
        failed = story._do(200, self.sue, "GET", "/v1/support/sync?state=failed")["data"]
        story._expect(failed == [], "nothing was refused, nothing was lost")

    def _import(self, name: str) -> str:
        """Another customer's account; returns the id of its Sold To contact."""
        contact = {"firstName": name, "lastName": "Owner", "workEmail": f"owner@{name.lower()}.example"}
        account = {"name": f"{name} Ltd", "currency": "EUR", "billCycleDay": 1}
        made = self.portal.zuora(
            "POST", "/v1/accounts", {**account, "billToContact": {**contact, "country": "Germany"}}
        )
        body = {"zuora_account_id": made["accountId"], "ticket_url": TICKET}
        self.story._do(201, self.sue, "POST", "/v1/support/billing-accounts", body)
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
        return f"/v1/billing-accounts/{self.story.account}{rest}"
