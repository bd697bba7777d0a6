"""One account that is to be handed over, the people around it, and everything that may happen meanwhile (R66)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import wiring
from tests import table_dump
from tests.desk.conftest import CONTRACT
from tests.gateway import Response
from tests.model.manager_actions import PROOF
from tests.model.transfer_deployment import DAY, TransferDeployment
from tests.table_dump import Item
from tests.world import TICKET, Person, World

KNOWN = ("olga", "carl", "dora", "nora")
"""Olga has the account; Carl and Nora may be on it too; Dora has a record. Nora's has no name."""

ALL = (*KNOWN, "xena")
LONG = 10**8
Allowed = tuple[int, str | None]


@dataclass
class TransferScenario:
    """One play. ``scene`` says how it begins; ``bound`` is what support last set, ``addresses`` who has which now."""

    stage: TransferDeployment
    scene: Mapping[str, Any]
    bound: int | None = None
    keys: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Everybody is there, and everything in step."""
        self.stage.cleared()
        self.addresses = {name: f"{name}@acme.example" for name in ALL}
        bill_to = None if self.scene["pays"] else "ap@acme.example"
        self.account = self.world.account(self.person("olga"), bill_to=bill_to)
        self.sue = self.world.person("sue@support.example", groups=["billing-support"], expires_in=LONG)
        self.world.id_of(self.person("olga"))
        named = {"email": self.addresses["dora"], "first_name": "Dora", "last_name": "Doe"}
        self.desk("POST", "/v1/support/customers", named)
        if self.scene["carl"]:
            self._grant("carl", self.scene["carl"])
            self.name("carl")
        if self.scene["nora"]:
            self._grant("nora", "manager")
        if self.scene["invited"]:
            self.invite((self.scene["invited"], "xena", "manager"))
        used = int(self.stage.facts().accounts[self.account]["seats_used"])
        self.bound = None if self.scene["room"] is None else used + self.scene["room"]
        self.desk("PATCH", self.path, {"max_managers": self.bound, "managed_by": self.scene["managed_by"]})
        self.stage.wait(1)

    @property
    def world(self) -> World:
        """Where it is played."""
        return self.stage.world

    @property
    def path(self) -> str:
        """The account's path for support."""
        return f"/v1/support/billing-accounts/{self.account}"

    # What is so

    def id_of(self, name: str) -> str | None:
        """The customer with that person's address."""
        return self.stage.facts().address_reservations.get(self.addresses[name])

    def who(self, part: str) -> str:
        """The name of the new or the old owner of the newest transfer, or of somebody else on the account."""
        facts, newest = self.stage.facts(), [*self.stage.transfers().values(), {}][-1]
        by_id = {facts.address_reservations.get(address, "none"): name for name, address in self.addresses.items()}
        new = by_id.get(newest.get("to_customer_id", ""), "dora")
        old = by_id.get(newest.get("from_customer_id", ""), "olga")
        others = sorted(by_id[each] for each in facts.members(self.account) if by_id[each] not in {new, old})
        return {"new": new, "old": old, "other": [*others, "carl"][0]}.get(part, part)

    def person(self, name: str) -> Person:
        """Somebody's sign-in. Nora does not say her name."""
        unnamed = {"given_name": "", "family_name": ""} if name == "nora" else {}
        return self.world.person(self.addresses[name], sub=f"dev|{name}", expires_in=LONG, **unnamed)

    def desk(self, method: str, path: str, body: Mapping[str, Any], **headers: str) -> Response:
        """Sue of support asks for something; never is a refusal a fault of ours."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        who = getattr(self, "sue", None) or self.world.support()
        return self._sound(self.world.call(method, path, who, {**body, "ticket_url": TICKET}, sent))

    def ask(self, name: str, method: str, path: str, body: Any = None) -> Response:
        """Somebody asks for something."""
        return self._sound(self.world.call(method, path, self.person(name), body))

    # The actions: the transfer

    def start(self, asked: tuple[str, str, bool, str | None, str | None, bool]) -> None:
        """Support starts a transfer to somebody, from somebody, by address or by id, with a key or without one."""
        to, by, by_address, role, key, at_once = asked
        to_id = None if by_address else self.id_of(to)
        body = {
            "from": self.id_of(by) or "cus_unknown",
            "to": to_id or {"email": self.addresses[to]},
            "verification": CONTRACT,
            **({"role": role} if role else {}),
        }
        right, repeated = self._right_start(to, by, key, json.dumps(body))
        answer = self.desk("POST", f"{self.path}/transfer", body, **({"Idempotency_Key": key} if key else {}))
        assert (answer.status, answer.code) == right, (asked, answer.text)
        if answer.status != 202:
            return
        assert repeated in {None, answer.json["id"]}
        if key and repeated is None:
            self.keys[key] = (json.dumps(body), answer.json["id"], wiring.now())
        self.stage.look("start")
        if at_once:
            self.stage.messages()

    def _right_start(self, to: str, by: str, key: str | None, body: str) -> tuple[Allowed, str | None]:
        """What must be answered, and which transfer it is if it was asked for before."""
        facts, known = self.stage.facts(), self.keys.get(key or "")
        if known is not None and wiring.now() < known[2] + DAY:
            return ((202, None), known[1]) if known[0] == body else ((422, "idempotency_key_reused"), None)
        to_id, by_id = self.id_of(to), self.id_of(by)
        members = facts.members(self.account)
        elsewhere = to_id is not None and to_id not in members and facts.customers[to_id]["membership_count"]
        refusals = [
            (self.stage.under_way() is not None, (409, "transfer_open")),
            (by_id not in members, (404, "manager_not_found")),
            (facts.accounts[self.account]["status"] == "closed", (409, "account_closed")),
            (to == by, (422, "validation_failed")),
            (elsewhere, (409, "membership_limit_reached")),
        ]
        return next((answer for holds, answer in refusals if holds), (202, None)), None

    def cancel(self, which: str) -> None:
        """Support stops the newest transfer, or asks for that of the first one."""
        known = list(self.stage.transfers().values())
        if not known:
            return
        it = known[0] if which == "first" else known[-1]
        right: Allowed = (409, "transfer_over") if it["state"] in {"completed", "failed"} else (200, None)
        answer = self.desk("POST", f"{self.path}/transfers/{it['key']}/cancel", {})
        assert (answer.status, answer.code) == right, (it, answer.text)

    # The actions: invitations

    def invite(self, asked: tuple[str, str, str]) -> None:
        """A manager, or support, invites somebody."""
        by, whom, role = asked
        body = {"email": self.addresses[whom], "role": role}
        if by == "sue":
            self.desk("POST", f"{self.path}/invitations", {**body, "verification": PROOF})
        else:
            self.ask(self.who(by), "POST", f"/v1/billing-accounts/{self.account}/invitations", body)

    def accept(self, _: None = None) -> None:
        """Somebody accepts their invitation: possible unless it is known why not."""
        for name, invitation in self.pending().items():
            can = self.can_accept(name, invitation)
            answer = self.ask(name, "POST", f"/v1/me/invitations/{invitation['invitation_id']}/accept", {})
            assert (answer.status == 201) == can, (can, answer.text)

    def decline(self, _: None = None) -> None:
        """Somebody declines their invitation."""
        for name, invitation in self.pending().items():
            self.ask(name, "POST", f"/v1/me/invitations/{invitation['invitation_id']}/decline", {})

    def revoke(self, _: None = None) -> None:
        """Support takes an invitation back."""
        for invitation in self.pending().values():
            answer = self.desk("POST", f"{self.path}/invitations/{invitation['invitation_id']}/revoke", {})
            assert answer.status == 200, answer.text

    def pending(self) -> dict[str, Item]:
        """Who has an invitation, also when its time is over and nobody has noticed yet."""
        names = {address: name for name, address in self.addresses.items()}
        return {names[it["address"]]: it for it in self.stage.facts().pending(self.account) if it["address"] in names}

    def can_accept(self, name: str, invitation: Item) -> bool:
        """R17: in time, the account active and within its bound, the login on, no other account, a sender entitled."""
        facts = self.stage.facts()
        account, me = facts.accounts[self.account], facts.customers.get(self.id_of(name) or "")
        bound, sender = account.get("max_managers"), invitation.get("inviter_id")
        may = ("admin",) if account["managed_by"] == "admins" else ("admin", "manager")
        return all(
            [
                table_dump.moment(invitation["expires_at"]) > wiring.now(),
                account["status"] == "active",
                bound is None or account["seats_used"] <= bound,
                me is None or (me["login_activated"] and not me["membership_count"]),
                sender is None or facts.members(self.account).get(sender, {}).get("role") in may,
            ]
        )

    # The actions: people

    def remove(self, asked: tuple[str, bool, bool]) -> None:
        """Support removes somebody, whether they are the last one or a contact or not."""
        name, last, contact = self.who(asked[0]), *asked[1:]
        flags = {"reason": "It was asked for", "allow_last": last, "override_contact": contact}
        self.desk("POST", f"{self.path}/managers/{self.id_of(name) or 'cus_unknown'}/remove", flags)

    def leave(self, name: str) -> None:
        """Somebody goes."""
        self.ask(self.who(name), "POST", f"/v1/billing-accounts/{self.account}/leave")

    def role(self, asked: tuple[str, str]) -> None:
        """Support gives somebody another role."""
        name, role = self.who(asked[0]), asked[1]
        self.desk("PATCH", f"{self.path}/managers/{self.id_of(name) or 'cus_unknown'}", {"role": role})

    def choose(self, name: str) -> None:
        """An admin, or else somebody who may not, makes somebody the Sold To."""
        facts, body = self.stage.facts(), {"manager_id": self.id_of(self.who(name)) or "cus_unknown"}
        members = facts.members(self.account)
        admins = [each for each in ALL if members.get(self.id_of(each) or "", {}).get("role") == "admin"]
        by = next((each for each in admins if facts.customers[self.id_of(each) or ""]["login_activated"]), "xena")
        self.ask(by, "PUT", f"/v1/billing-accounts/{self.account}/contacts/sold-to", body)

    def name(self, name: str) -> None:
        """Support learns somebody's name."""
        name = self.who(name)
        self._edit(name, {"first_name": name.capitalize(), "last_name": "Newname"})

    def move(self, name: str) -> None:
        """Somebody has another address, if no invitation names the present one."""
        name = self.who(name)
        if any(it.get("address") == self.addresses[name] for it in self.stage.facts().invitations.values()):
            return
        to = f"{name}.{len(self.addresses[name])}@acme.example"
        answer = self._edit(name, {"email": to})
        if answer is not None and answer.status == 200:
            self.addresses[name] = to

    def login(self, asked: tuple[str, bool]) -> None:
        """Support switches somebody's login."""
        name, on = asked
        self._edit(self.who(name), {"login_activated": on, "confirm_reactivation": True})

    def _edit(self, name: str, body: Mapping[str, Any]) -> Response | None:
        known = self.id_of(name)
        return None if known is None else self.desk("PATCH", f"/v1/support/customers/{known}", body)

    # The actions: the account and Zuora

    def edit(self, asked: tuple[str, Any]) -> None:
        """Support edits the account; a bound is meant as so many seats beside those in use."""
        field_name, value = asked
        if field_name == "max_managers" and value is not None:
            used = int(self.stage.facts().accounts[self.account]["seats_used"])
            value = max(1, used + value)
        answer = self.desk("PATCH", self.path, {field_name: value})
        if answer.status == 200 and field_name == "max_managers":
            self.bound = value

    def readdress(self, name: str) -> None:
        """Support corrects the address of the Sold To contact itself."""
        contact = self.stage.facts().accounts[self.account].get("sold_to_contact_id")
        self.desk("PATCH", f"/v1/support/contacts/{contact}", {"work_email": self.addresses[self.who(name)]})

    def fail(self, fault: str) -> None:
        """Zuora fails from now on."""
        self.world.zuora.heal()
        self.world.zuora.fail("*", fault)

    def heal(self, _: None = None) -> None:
        """Zuora works again."""
        self.world.zuora.heal()

    def refuse(self, status: str) -> None:
        """Zuora takes no changes to a cancelled account."""
        self.zuora_account()["status"] = status

    def zuora_account(self) -> dict[str, Any]:
        """What Zuora has."""
        return self.world.zuora.state.accounts[self.stage.facts().accounts[self.account]["zuora_account_id"]]

    def sold_to(self) -> str:
        """Whom Zuora has as Sold To."""
        return str(self.world.zuora.state.contacts[self.zuora_account()["soldToId"]]["workEmail"])

    def _grant(self, name: str, role: str) -> None:
        body = {"email": self.addresses[name], "role": role, "verification": CONTRACT}
        assert self.desk("POST", f"{self.path}/managers", body).status == 201

    def _sound(self, answer: Response) -> Response:
        assert answer.status < 500, answer.text
        return answer
