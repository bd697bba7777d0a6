"""The usual set-up of a flow: Olga's account with Carl as its second manager, and what they do on it."""

from typing import Any, Generic, TypeVar

import boto3

from chalicelib import settings
from tests.gateway import Response
from tests.integration.store_fixtures import meanwhile
from tests.world import Person, World


class Case:
    """Olga, Carl, and Dave who is invited."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.olga, self.carl, self.dave = (world.person(f"{name}@acme.example") for name in ("olga", "carl", "dave"))
        self.account = world.account(self.olga)
        self.path = f"/v1/billing-accounts/{self.account}"
        self.carls_id = world.join(self.olga, self.account, self.carl, role="admin")
        self.olgas_id = world.id_of(self.olga)

    def invite(
        self, email: str = "dave@acme.example", *, who: Person | None = None, key: str | None = None
    ) -> Response:
        headers = {"Idempotency-Key": key} if key else None
        return self.world.call("POST", f"{self.path}/invitations", who or self.carl, {"email": email}, headers)

    def invited(self, *, who: Person | None = None) -> tuple[str, str]:
        """Id and token of an invitation for Dave."""
        made = self.invite(who=who)
        assert made.status == 201
        return str(made.json["id"]), self.world.link_token("dave@acme.example")

    def accept(self, token: str, who: Person | None = None) -> Response:
        return self.world.call("POST", "/v1/invitations/accept", who or self.dave, {"token": token})

    def revoke(self, invitation_id: str, who: Person | None = None) -> Response:
        return self.world.call("POST", f"{self.path}/invitations/{invitation_id}/revoke", who or self.olga)

    def remove(self, manager_id: str, who: Person) -> Response:
        return self.world.call("DELETE", f"{self.path}/managers/{manager_id}", who)

    def no_contacts(self) -> None:
        """Sold To and Bill To become somebody who manages nothing, so that everybody can be removed."""
        self.change(sold_to_address="else@acme.example", bill_to_address="else@acme.example")

    def change(self, **attributes: Any) -> None:
        """Changes the account in ways for which there is no route."""
        meanwhile("Accounts", {"key": self.account}, **attributes)

    def managers(self, who: Person | None = None) -> list[str]:
        found = self.world.ok("GET", f"{self.path}/managers", who or self.olga)["data"]
        return [str(each["email"]).partition("@")[0] for each in found]

    def count(self, kind: str) -> int:
        return self.world.events(self.account).count(kind)

    def give_role(self, manager_id: str, role: str, who: Person) -> Response:
        return self.world.call("PATCH", f"{self.path}/managers/{manager_id}", who, {"role": role})

    def demote_carl(self) -> None:
        assert self.give_role(self.carls_id, "viewer", self.olga).status == 200


C = TypeVar("C", bound=Case)


class Snapshot(Generic[C]):
    """The initial state of a case: every test of a module starts from it."""

    def __init__(self, case: C) -> None:
        self._case = case
        case.world.pipeline.drain()
        self.tables, self._mails = case.world.everything(), list(case.world.ses.sent)

    def again(self) -> C:
        """The case with the tables and the mails of the initial state, and an empty queue."""
        world, sqs = self._case.world, boto3.client("sqs")
        world.rewind(self.tables)
        world.ses.sent[:] = self._mails
        world.ses.failures.clear()
        url = settings.current().email_queue_url
        sqs.delete_queue(QueueUrl=url)
        assert sqs.create_queue(QueueName=url.rpartition("/")[2])["QueueUrl"] == url
        return self._case
