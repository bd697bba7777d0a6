"""Many people at once: operations in threads, on fresh tables in a DynamoDB that is atomic under threads.

The tables are the template's, but no function listens to their stream, so nothing else moves while a race is on.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import count
from threading import Barrier
from typing import Any, cast

import botocore.session
import pytest

from chalicelib import aws, settings, wiring
from chalicelib.clients.zuora import Zuora
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import DomainError
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn
from chalicelib.operations.accounts.import_account import Imported, import_account
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.accept_invitation import AcceptResult, InvitationRef, accept
from chalicelib.operations.invitations.invite import InvitationRequest, Invited, invite
from chalicelib.operations.invitations.revoke_invitation import revoke
from chalicelib.operations.managers.change_role import change_role
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
from chalicelib.store import connection, identities
from chalicelib.store.idempotency import IdempotentRequest
from devstack.deploy import REGION, Aws
from devstack.stack import Stack
from tests.environment import tables
from tests.invariants import violations_in
from tests.races.people import GROUPS, SUE, OneAccountZuora, RaceAccount, claim_of, id_of, person

CROWD = 16
LIMITS = Limits(
    memberships_per_customer=None,
    pending_invitations=15,
    managers_by_plan={"small": 4},
    invitation_days=7,
    resend_cooldown=timedelta(0),
    mails_per_account_and_address=1000,
    mails_per_address=1000,
    invitations_per_inviter=1000,
    invitations_per_account=1000,
    changes_per_manager=1000,
    retention=timedelta(days=90),
)
_numbers = count(1)


def context(
    limits: Limits = LIMITS, *, request: IdempotentRequest | None = None, now: datetime | None = None
) -> Context:
    """What an operation of the races is given beside what is asked: no secrets are needed here."""
    return Context(
        now=now or wiring.now(),
        limits=limits,
        support=GROUPS,
        token_key_id=lambda: "k1",
        pseudonym=lambda address: hashlib.sha256(address.encode()).hexdigest()[:32],
        request=request,
    )


class RaceKit:
    """Accounts, people, and what they do; every action is the operation behind its route."""

    def __init__(self, dynamodb: Any, names: dict[str, str], crowd: ThreadPoolExecutor) -> None:
        self.dynamodb = dynamodb
        self.names = names
        self._crowd = crowd

    def together(self, *actions: Callable[[], Any]) -> list[Any]:
        """Does all that at the same moment; returns what each gave or, in its place, how it was refused."""
        start = Barrier(len(actions))

        def act(action: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return action()
            except DomainError as refusal:
                return refusal

        return list(self._crowd.map(act, actions))

    # The usual beginnings

    def account(self, *, managers: int = 0, plan: str = "") -> RaceAccount:
        """A fresh account with an owner, who is no Sold To any more, and that many managers."""
        number = next(_numbers)
        owner = person(f"owner{number}@acme.example")
        account_id = self.imported(owner, f"zuora-{number}", plan=plan).account.id
        self.set_account(account_id, sold_to_address=None, bill_to_address=None)
        people = tuple(person(f"manager{number}-{each}@acme.example") for each in range(managers))
        for each in people:
            self.accept(each, self.invite(owner, account_id, each.address))
        return RaceAccount(account_id, owner, people)

    def imported(self, owner: SignedIn, zuora_id: str, *, plan: str = "") -> Imported:
        """The import of a Zuora account whose Sold To is the owner."""
        return import_account(
            Desk(SUE, GROUPS, "https://tickets.example/4711"),
            zuora_id,
            zuora=cast(Zuora, OneAccountZuora(owner, plan)),
            fields=ZuoraFields(plan="Plan__c", channel="Channel__c"),
            context=context(),
        )

    def invite(self, inviter: SignedIn, account_id: str, address: str | None) -> InvitationRef:
        """An invitation; returns what its link says."""
        return claim_of(self.invited(inviter, account_id, str(address)).invitation)

    def invited(
        self,
        inviter: SignedIn,
        account_id: str,
        address: str,
        *,
        limits: Limits = LIMITS,
        request: IdempotentRequest | None = None,
    ) -> Invited:
        """The invitation and whether it is a replay."""
        return invite(inviter, account_id, asked(address), context=context(limits, request=request))

    def link(self, inviter: SignedIn, account_id: str) -> InvitationRef:
        """An invitation for whoever holds its link; returns what the link says."""
        return claim_of(self.linked(inviter, account_id))

    def linked(self, inviter: SignedIn, account_id: str, *, lasts: timedelta | None = None) -> Invitation:
        """The same, for a time or without end."""
        without_address = InvitationRequest(None, Role.MANAGER, lasts, None, None)
        return invite(inviter, account_id, without_address, context=context()).invitation

    def accept(self, who: SignedIn, claim: InvitationRef, *, limits: Limits = LIMITS) -> AcceptResult:
        """Accepts by the link."""
        return accept(who, claim, context=context(limits))

    def accepting(
        self, who: SignedIn, claim: InvitationRef, *, limits: Limits = LIMITS, now: datetime | None = None
    ) -> Callable[[], AcceptResult]:
        """The same, for later; ``now`` is the time on the clock of that request."""
        return partial(accept, who, claim, context=context(limits, now=now))

    def revoking(self, who: SignedIn, claim: InvitationRef) -> Callable[[], Invitation]:
        """Taking an invitation back, for later."""
        return partial(revoke, who, claim.account_id, claim.invitation_id, now=wiring.now())

    def make_admin(self, account: RaceAccount, who: SignedIn) -> None:
        """Makes a manager an admin."""
        change_role(account.owner, account.id, id_of(who), Role.ADMIN, context=context())

    def set_account(self, account_id: str, **attributes: str | None) -> None:
        """Sets texts of an account for which there is no operation yet; None removes one."""
        changes = {
            name: {"Action": "DELETE"} if value is None else {"Action": "PUT", "Value": {"S": value}}
            for name, value in attributes.items()
        }
        self.dynamodb.update_item(
            TableName=self.names["Accounts"], Key={"key": {"S": account_id}}, AttributeUpdates=changes
        )

    # What has become of it

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """All items of all tables, by the template's names."""
        scan = self.dynamodb.get_paginator("scan")
        return {
            logical: [item for page in scan.paginate(TableName=name, ConsistentRead=True) for item in page["Items"]]
            for logical, name in self.names.items()
        }

    def require_order(self, *, limits: Limits = LIMITS) -> None:
        """All invariants hold."""
        found = violations_in(self.tables(), limits=limits)
        assert not found, "\n".join(found)


def rounds(count: int) -> range:
    """That many rounds; ``RACES=20`` in the environment makes it twenty times as many."""
    return range(count * int(os.environ.get("RACES", "1")))


def asked(address: str) -> InvitationRequest:
    """To invite that address as a manager for a week."""
    return InvitationRequest(Address(address), Role.MANAGER, timedelta(days=LIMITS.invitation_days), None, None)


def bounded(**bounds: Any) -> Limits:
    """The limits of the kit with other bounds."""
    return replace(LIMITS, **bounds)


@contextmanager
def opened_arena(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[RaceKit]:
    """Points this process at fresh tables in the stack's DynamoDB, and away from them at the end."""
    dynamodb = _dynamodb(stack.aws)
    number = next(_numbers)
    prefix = f"kit-{number}-"
    monkeypatch.setenv("TABLE_PREFIX", prefix)
    names = {logical: f"{prefix}{logical}" for logical in tables()}
    for logical, wanted in tables().items():
        dynamodb.create_table(TableName=names[logical], **wanted)
    here = {
        "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EMAIL_QUEUE_URL": stack.outputs["EmailQueueUrl"],
        "ZUORA_QUEUE_URL": "http://127.0.0.1:1/zuora.fifo",  # nothing is relayed here
        "ZUORA_DEAD_LETTERS_URL": "http://127.0.0.1:1/zuora-dead-letters.fifo",
        "ISSUER": stack.issuer_url,
        "JWKS_URL": f"{stack.issuer_url}/.well-known/jwks.json",
        "ZUORA_BASE_URL": stack.zuora_url,
    }
    for name, value in here.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr(aws, "session", _botocore)
    _forget()
    connection.client()
    try:
        with ThreadPoolExecutor(CROWD) as crowd:
            yield RaceKit(dynamodb, names, crowd)
    finally:
        for name in names.values():
            dynamodb.delete_table(TableName=name)
        _forget()


@cache
def _dynamodb(aws: Aws) -> Any:
    return aws.client("dynamodb")


@cache
def _botocore() -> botocore.session.Session:
    """One session for all arenas: it keeps the service models, which take longer to read than a race takes."""
    return botocore.session.Session()


def _forget() -> None:
    identities.forget_all()
    settings.current.cache_clear()
    connection.client.cache_clear()
