"""What does not grow with the tables: items that schedules and lists read, in small tables and in large ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.invitations import Invitation, InvitationKind, InvitationStatus
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Actor
from chalicelib.store import connection, invitation_life, invitations, reading
from chalicelib.store.transaction import commit
from devstack.issuer import dev_issuer
from devstack.zuora import fake_zuora
from tests.environment import AWS, SETTINGS
from tests.world import ZUORA_ID, ZUORA_SECRET, fresh_world

SIZES = (20, 200, 1000)
_DUE = 10
_NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def growth(sizes: tuple[int, ...] = SIZES) -> Iterator[str]:
    """Lines about reads that follow what is asked for, and not what there is."""
    found = [_measured(size) for size in sizes]
    for what in found[0]:
        counts = ", ".join(f"{each[what]} of {size}" for each, size in zip(found, sizes, strict=True))
        yield f"{what}: items read {counts}"


def _measured(size: int) -> dict[str, int]:
    with _deployment():
        _seed(size)
        with counted() as swept:
            reading.many(invitations.due(until=_NOW, limit=100))
        with counted() as listed:
            invitations.pending_of("acc_1", limit=_DUE)
        with counted() as inbox:
            reading.many(invitations.inbox(Address("invitee0@acme.example")))
    return {"what is due (10)": swept[0], "first 10 pending": listed[0], "inbox (1)": inbox[0]}


def _seed(size: int) -> None:
    """Ten invitations that are due, ten that are not, and the others ended."""
    for number in range(size):
        created = _NOW - timedelta(days=1, seconds=number)
        validity = timedelta(hours=23 if number < _DUE else 24 * 30)
        invitation = _invitation(number, created, validity)
        commit(invitations.create(invitation))
        if number >= 2 * _DUE:
            commit(invitation_life.revoke(invitation, now=_NOW))


def _invitation(number: int, created: datetime, validity: timedelta) -> Invitation:
    empty = dict.fromkeys(
        ("new_requested_at", "inviter", "message", "locale", "last_sent_at", "delivery", "last_accept_error",
         "accepted_by", "ended_at", "decline_reason")
    )  # fmt: skip
    whole: dict[str, Any] = {
        **empty,
        "account_id": "acc_1",
        "id": ids.invitation_id(created),
        "kind": InvitationKind.EMAIL,
        "address": Address(f"invitee{number}@acme.example"),
        "role": Role.MANAGER,
        "status": InvitationStatus.PENDING,
        "generation": 1,
        "key_id": "k1",
        "created_at": created,
        "renewed_at": created,
        "validity": validity,
        "expires_at": created + validity,
        "reminders": 2,
        "invited_by": Actor("admin:bench@portal.example"),
        "sent_count": 1,
    }
    return Invitation(**whole)


@contextmanager
def _deployment() -> Iterator[None]:
    with (
        dev_issuer(port=0) as issuer,
        fake_zuora(port=0, client_id=ZUORA_ID, client_secret=ZUORA_SECRET) as zuora,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in (AWS | SETTINGS).items():
            patch.setenv(name, value)
        with fresh_world(issuer, zuora, patch):
            yield


@contextmanager
def counted() -> Iterator[list[int]]:
    """Counts the items that DynamoDB reads, as its answers tell."""
    total = [0]

    def count(parsed: dict[str, Any], **_: Any) -> None:
        total[0] += parsed.get("ScannedCount", 0)
        total[0] += sum(len(items) for items in parsed.get("Responses", {}).values())

    events = connection.client().meta.events
    events.register("after-call.dynamodb", count)
    try:
        yield total
    finally:
        events.unregister("after-call.dynamodb", count)
