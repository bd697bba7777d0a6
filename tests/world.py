"""A whole deployment for one test: the app behind its gateway, people who sign in, and what lies between."""

import importlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import jwt
import pytest
from moto import mock_aws

from chalicelib import settings, wiring
from chalicelib.domain import tokens
from chalicelib.domain.tokens import Claim
from chalicelib.store import connection, identities
from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests import cloud, environment
from tests.gateway import Gateway, Response
from tests.pipeline import Pipeline
from tests.ses import SentMail, Ses, listened_to
from tests.speed import fill, speed_up, stored

Tables = dict[str, list[dict[str, Any]]]
"""All tables by their logical names, items as DynamoDB JSON."""

TICKET = "https://tickets.example/4711"
ZUORA_ID = "00000000-0000-4000-8000-000000000000"
ZUORA_SECRET = "a-zuora-secret-for-tests-0123456789"
_TABLES = environment.tables()
_CACHES = (settings.current, connection.client, wiring.secrets, wiring.verifier, wiring.queues, wiring.zuora,
           wiring.kept_lists, wiring.mailer, wiring.send_mails)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a sign-in."""

    email: str
    token: str


class World:
    """The service and everybody around it. Requests go through the gateway; nothing here bypasses it."""

    def __init__(self, issuer: Issuer, zuora: FakeZuora, ses: Ses, queue_url: str) -> None:
        self.issuer = issuer
        self.zuora = zuora
        self.ses = ses
        self.gateway = Gateway(importlib.import_module("app").app)
        self.pipeline = Pipeline(queue_url)

    def person(self, email: str, **claims: Any) -> Person:
        """A person who signs in with that address; more claims as the issuer takes them."""
        first = email.partition("@")[0].capitalize()
        named = {"given_name": first, "family_name": "Tester", **claims}
        return Person(email, self.issuer.token({"email": email, **named}))

    def moved(self, who: Person, email: str, **claims: Any) -> Person:
        """The same sign-in, with another address at its provider."""
        subject = jwt.decode(who.token, options={"verify_signature": False})["sub"]
        return self.person(email, sub=subject, **claims)

    def support(self, email: str = "sue@support.example", *, group: str = "billing-support") -> Person:
        """A support agent."""
        return self.person(email, groups=[group])

    def call(
        self,
        method: str,
        path: str,
        who: Person | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One request, as that person."""
        token = who.token if who else None
        return self.gateway.request(method, path, json_body=body, token=token, headers=headers)

    def ok(self, method: str, path: str, who: Person | None = None, body: Any = None) -> Any:
        """One request that must succeed; returns what the body says."""
        response = self.call(method, path, who, body)
        assert response.status < 300, f"{method} {path}: {response.status} {response.text}"
        return response.json if response.text else None

    # The usual beginnings, through the public API

    def zuora_account(self, owner: str = "olga@acme.example", *, bill_to: str | None = None, **fields: Any) -> str:
        """An account in Zuora whose Sold To (and, if no other is named, Bill To) has that address; returns its id."""
        sold_to = {"firstName": "Olga", "lastName": "Owner", "workEmail": owner, "country": "Germany"}
        request: dict[str, Any] = {"name": "Acme Ltd", "currency": "USD", "billCycleDay": 1, "billToContact": sold_to}
        if bill_to is not None:
            request["soldToContact"] = sold_to
            request["billToContact"] = {**sold_to, "firstName": "Bill", "lastName": "Payer", "workEmail": bill_to}
        return str(self.zuora.do("POST", "/v1/accounts", {**request, **fields})["accountId"])

    def account(self, owner: Person, **zuora: Any) -> str:
        """An imported account whose first manager is that person; returns our id."""
        zuora_id = self.zuora_account(owner.email, **zuora)
        body = {"zuora_account_id": zuora_id, "ticket_url": TICKET}
        return str(self.ok("POST", "/v1/support/billing-accounts", self.support(), body)["id"])

    def invite(self, inviter: Person, account_id: str, email: str, **more: Any) -> Any:
        """An invitation by that manager; returns it."""
        return self.ok("POST", f"/v1/billing-accounts/{account_id}/invitations", inviter, {"email": email, **more})

    def link_token(self, email: str) -> str:
        """The token in the newest invitation mail to that address, after everything was delivered."""
        self.pipeline.drain()
        for mail in reversed(self.mails_to(email)):
            found = re.search(r"/invitations#(\S+)", mail.text)
            if found:
                return found.group(1)
        raise AssertionError(f"no invitation mail to {email}")

    def join(self, inviter: Person, account_id: str, newcomer: Person, **more: Any) -> str:
        """Invites the newcomer, who accepts; returns the newcomer's customer id."""
        self.invite(inviter, account_id, newcomer.email, **more)
        answer = self.ok("POST", "/v1/invitations/accept", newcomer, {"token": self.link_token(newcomer.email)})
        return str(answer["customer_id"])

    def add(self, inviter: Person, account_id: str, newcomer: Person, **more: Any) -> str:
        """As ``join``, with a link that is made here; the mails go out with the next delivery, if there is one."""
        invitation = self.invite(inviter, account_id, newcomer.email, **more)
        ring = wiring.key_ring()
        token = tokens.make(ring, Claim(ring.current, account_id, invitation["id"], generation=1))
        return str(self.ok("POST", "/v1/invitations/accept", newcomer, {"token": token})["customer_id"])

    def id_of(self, who: Person) -> str:
        """The customer id of a person."""
        return str(self.ok("GET", "/v1/me", who)["id"])

    # What has become of it

    def mails_to(self, email: str) -> list[SentMail]:
        """The mails that were sent to that address, oldest first."""
        return [mail for mail in self.ses.sent if mail.to == email]

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, as DynamoDB JSON."""
        return stored(table)

    def everything(self) -> Tables:
        """All tables, for "nothing has changed"."""
        return {table: self.items(table) for table in _TABLES}

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fails if anything in any table is different after the block."""
        before = self.everything()
        yield
        now = self.everything()
        both = {table: before[table] + now[table] for table in now}
        changed = [item for table, items in both.items() for item in items if items.count(item) == 1]
        assert now == before, f"before or after only: {changed}"

    def rewind(self, to: Tables) -> None:
        """Puts all tables back to what ``everything`` said earlier. Queues and mails stay as they are."""
        for table, before in to.items():
            fill(table, before)

    @contextmanager
    def calls_to_dynamodb(self) -> Iterator[list[str]]:
        """The names of the calls that the service makes to DynamoDB in the block."""
        made: list[str] = []

        def note(model: Any, **_more: Any) -> None:
            made.append(model.name)

        events = connection.client().meta.events
        events.register("before-call.dynamodb", note)
        try:
            yield made
        finally:
            events.unregister("before-call.dynamodb", note)

    def events(self, account_id: str) -> list[str]:
        """The types of an account's events, oldest first."""
        items = [item for item in self.pipeline.history() if item.get("account_id", {}).get("S") == account_id]
        return [item["type"]["S"] for item in items]

    def set_account(self, account_id: str, **attributes: Any) -> None:
        """Sets attributes of an account item for which there is no route yet (None removes one)."""
        _set("Accounts", account_id, attributes)

    def set_customer(self, customer_id: str, **attributes: Any) -> None:
        """Sets attributes of a customer item for which there is no route yet (None removes one)."""
        _set("Customers", customer_id, attributes)


@contextmanager
def fresh_world(issuer: Issuer, zuora: FakeZuora, monkeypatch: pytest.MonkeyPatch, **overrides: str) -> Iterator[World]:
    """A fresh deployment: empty tables, empty queue, empty Zuora, no mails. ``overrides`` are settings."""
    monkeypatch.setenv("ISSUER", issuer.url)
    monkeypatch.setenv("JWKS_URL", f"{issuer.url}/.well-known/jwks.json")
    monkeypatch.setenv("ZUORA_BASE_URL", zuora.url)
    for name, value in overrides.items():
        monkeypatch.setenv(name, value)
    zuora.reset()
    with mock_aws():
        _forget()
        speed_up(monkeypatch)
        queues = cloud.create(ZUORA_ID, ZUORA_SECRET)
        for name, url in queues.items():
            monkeypatch.setenv(name, url)
        with listened_to(settings.current().mail_from) as ses:
            yield World(issuer, zuora, ses, queues["EMAIL_QUEUE_URL"])
    _forget()


def _set(table: str, key: str, attributes: Mapping[str, Any]) -> None:
    """One update for each attribute, as the table's owner could do it by hand."""
    for name, value in attributes.items():
        change: dict[str, Any] = {"UpdateExpression": "REMOVE #name"}
        if value is not None:
            change = {"UpdateExpression": "SET #name = :value", "ExpressionAttributeValues": {":value": value}}
        boto3.resource("dynamodb").Table(table).update_item(
            Key={"key": key}, ExpressionAttributeNames={"#name": name}, **change
        )


def _forget() -> None:
    identities.forget_all()
    for cached in _CACHES:
        cached.cache_clear()
