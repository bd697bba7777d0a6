"""The last chapter: a support case, solved with the desk's command-line tool."""

import json
import os
import subprocess
import sys
from typing import Any

from devstack.demo.narrator import Narrator
from devstack.package import ROOT
from devstack.portal import Person, Portal, token_in
from devstack.problems import StackProblem

TICKET = "https://tickets.example/4720"
_CONTRACT = ("--method", "prior_contract", "--proof", "contract_url=https://files.example/contracts/beta-2026")
_REFUSED, _NOT_ALLOWED = 1, 3


def play(narrator: Narrator) -> None:
    """Plays every step; raises StackProblem at the first that does not do what it should."""
    case = Case(narrator)
    case.found()
    case.granted()
    transfer = case.transfer()
    case.accepted(transfer)
    case.told()


class Case:
    """Peter, who bought for Beta, has left; Nora writes to support that she is in charge now."""

    def __init__(self, narrator: Narrator) -> None:
        self.narrator = narrator
        self.portal: Portal = narrator.portal
        self.sue = self.portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])
        self.reader = self.portal.sign_in("Rob Reader", "rob@support.example", groups=["billing-support-readonly"])
        self.account = self.peter = self.zuora_id = ""

    def found(self) -> None:
        """From an address in a ticket to the account with its people."""
        narrator = self.narrator
        narrator.say(
            "A ticket: Peter has left Beta, Nora is in charge now. Support imports Beta's account and finds it."
        )
        peter = {"firstName": "Peter", "lastName": "Purchaser", "workEmail": "peter@beta.example", "country": "Germany"}
        made = self.portal.zuora(
            "POST", "/v1/accounts", {"name": "Beta GmbH", "currency": "EUR", "billCycleDay": 1, "billToContact": peter}
        )
        self.zuora_id = str(made["accountId"])
        body = {"zuora_account_id": self.zuora_id, "ticket_url": TICKET}
        imported = narrator.do(201, self.sue, "POST", "/v1/support/billing-accounts", body)
        self.account, self.peter = imported["id"], imported["first_manager"]["id"]
        self.portal.wait_until("the search knows Beta", lambda: self._search("beta gmbh") == [self.account])
        self._desk("search", "@beta.example")
        self._desk("show", self.account)

    def granted(self) -> None:
        """Weak evidence is refused, and so is somebody who may only read."""
        narrator = self.narrator
        narrator.say("Nora's assistant sends an invoice of 2020: not enough, and the tool says why. A contract is.")
        grant = ("grant", self.account, "anton@beta.example", "--ticket", TICKET)
        old = ("--method", "recent_invoice", "--proof", "invoice_number=INV-7", "--proof", "invoice_date=2020-02-01")
        self._desk(*grant, *old, code=_REFUSED)
        self._desk(*grant, *_CONTRACT, who=self.reader, code=_NOT_ALLOWED)
        self._desk(*grant, *_CONTRACT)
        narrator.next_mail("anton@beta.example")
        narrator.next_mail("peter@beta.example")

    def transfer(self) -> str:
        """One command begins what used to be a checklist."""
        self.narrator.say(
            "Ownership goes from Peter to Nora in one guided operation; she has no account and is invited."
        )
        begin = ("transfer", "start", self.account, "--from", self.peter, "--to", "nora@beta.example")
        started = self._json(*begin, *_CONTRACT, "--ticket", TICKET, "--yes")
        transfer = str(started["id"])
        self._wait_for(transfer, "invited")
        self._desk("transfer", "show", self.account, transfer)
        return transfer

    def accepted(self, transfer: str) -> None:
        """The acceptance moves the transfer on by itself."""
        narrator = self.narrator
        narrator.say("Nora accepts. The transfer continues by itself: she is chosen as Sold To, and Zuora is told.")
        nora = self.portal.sign_in("Nora Next", "nora@beta.example")
        token = token_in(narrator.next_mail("nora@beta.example"))
        narrator.do(201, nora, "POST", "/v1/invitations/accept", {"token": token})
        self._wait_for(transfer, "completed")
        self._desk("transfer", "show", self.account, transfer)
        theirs = self.portal.zuora("GET", f"/v1/accounts/{self.zuora_id}")["soldToContact"]
        narrator.expect(theirs["workEmail"] == "nora@beta.example", "Zuora knows Nora as Sold To")
        seen = narrator.do(200, self.sue, "GET", f"/v1/support/billing-accounts/{self.account}/managers")["data"]
        managing = [each["email"] for each in seen]
        narrator.expect("nora@beta.example" in managing, "Nora manages Beta's account")
        narrator.expect("peter@beta.example" not in managing, "Peter does not any more")

    def told(self) -> None:
        """Everything is in the history, under the name of whoever did it."""
        self.narrator.say("The history says it all, with the ticket and the kind of proof.")
        self._desk("history", self.account, "--limit", "30")
        events = self._json("history", self.account, "--limit", "30")
        by_sue = {each["type"] for each in events if each["actor"] == f"admin:{self.sue.email}"}
        wanted = {"account_imported", "membership_granted", "transfer_started", "invitation_created", "sold_to_changed"}
        self.narrator.expect(wanted <= by_sue, "every act of support is there as admin:<email>")

    def _search(self, name: str) -> list[str]:
        return [each["id"] for each in self._json("search", "--name", name)["billing_accounts"]]

    def _wait_for(self, transfer: str, state: str) -> None:
        path = f"/v1/support/billing-accounts/{self.account}/transfers/{transfer}"
        self.portal.wait_until(
            f"the transfer is {state}", lambda: self.portal.call("GET", path, self.sue)[1]["state"] == state
        )

    def _done(self, transfer: str) -> list[str]:
        path = f"/v1/support/billing-accounts/{self.account}/transfers/{transfer}"
        return [each["state"] for each in self.portal.call("GET", path, self.sue)[1]["steps"]]

    def _json(self, *arguments: str) -> Any:
        """What the tool answers to a program."""
        return json.loads(self._run(("--json", *arguments), self.sue, 0).stdout)

    def _desk(self, *arguments: str, who: Person | None = None, code: int = 0) -> None:
        """A command as support types it, with what the terminal shows then."""
        who = who or self.sue
        shown = " ".join(f"'{each}'" if " " in each else each for each in arguments)
        print(f"   {who.name}: $ desk {shown}")
        done = self._run(arguments, who, code)
        for line in (done.stdout + done.stderr).rstrip().splitlines():
            print(f"   | {line.rstrip()}")

    def _run(self, arguments: tuple[str, ...], who: Person, code: int) -> subprocess.CompletedProcess[str]:
        own = {"DESK_API_URL": self.portal.stack.api_url, "DESK_TOKEN": who.token, "COLUMNS": "150", "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "desk", *arguments], check=False, capture_output=True, text=True, cwd=ROOT,
            env={**os.environ, **own}, timeout=60,
        )  # fmt: skip
        if done.returncode != code:
            raise StackProblem(f"desk {arguments[0]} ended with {done.returncode}, not {code}: {done.stderr}")
        return done
