"""Empty tables for a whole module, records put directly into them, and commits that lose their race.

Every record has its own ids, so the tests of a module share the tables without meeting each other.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import boto3

from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import DomainError
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.memberships import Membership
from chalicelib.store import accounts, customers, invitations, memberships, reading
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit
from tests.unit import builders

T = TypeVar("T")
_numbers = itertools.count(1)


class TakenForTests(DomainError):
    """A refusal that the test passes in, to see that it comes back."""

    code = "taken_for_tests"


def new_id(prefix: str) -> str:
    """An id that nobody else has."""
    return f"{prefix}_{next(_numbers):08d}"


def an_account(**changes: Any) -> Account:
    """A stored account, as it is read."""
    made = builders.account(id=new_id("acc"), zuora_account_id=new_id("zuora"), **changes)
    commit(*accounts.create(made, known=TakenForTests()))
    return read(accounts.key(made.id))


def a_customer(**changes: Any) -> Customer:
    """A stored customer, as it is read."""
    number = new_id("cus")
    own = {"id": number, "address": f"{number}@acme.example", "identity": f"identity-{number}"}
    made = builders.customer(**{**own, **changes})
    commit(*customers.create(made))
    return read(customers.key(made.id))


def an_invitation(**changes: Any) -> Invitation:
    """A stored invitation, as it is read."""
    made = builders.invitation(**{"account_id": new_id("acc"), "id": new_id("inv"), **changes})
    commit(invitations.create(made))
    return read(invitations.key(made.account_id, made.id))


def a_membership(**changes: Any) -> Membership:
    """A stored membership, as it is read."""
    sent = changes.pop("sent_pending", ())
    made = builders.membership(**{"account_id": new_id("acc"), "customer_id": new_id("cus"), **changes})
    commit(*memberships.add(made, taken=TakenForTests()))
    for each in sent:
        commit(memberships.sent(made, each))
    return read(memberships.key(made.account_id, made.customer_id))


def read(key: Key[T]) -> T:
    """The item as it is now; it must exist."""
    found = reading.one(key)
    assert found is not None
    return found


def meanwhile(table: str, key: dict[str, str], **attributes: Any) -> None:
    """Another caller changes an item: sets attributes, or removes those that are None."""
    item = boto3.resource("dynamodb").Table(table)
    for name, value in attributes.items():
        named: Any = {"Key": key, "ExpressionAttributeNames": {"#name": name}}
        if value is None:
            item.update_item(**named, UpdateExpression="REMOVE #name")
        else:
            item.update_item(
                **named, UpdateExpression="SET #name = :value", ExpressionAttributeValues={":value": value}
            )


def gone(table: str, key: dict[str, str]) -> None:
    """Another caller deletes an item."""
    boto3.resource("dynamodb").Table(table).delete_item(Key=key)


def refusal(*steps: Step | None) -> DomainError | None:
    """The result of the commit: a refusal, or None when everything was written."""
    return _answer(lambda: commit(*steps))


def early(check: Callable[[], object]) -> DomainError | None:
    """The result of an early check."""
    return _answer(check)


def same(one: DomainError | None, other: DomainError | None) -> bool:
    """Whether two answers look the same to a caller."""
    return type(one) is type(other) and vars(one or object) == vars(other or object)


def changed(thing: T, **changes: Any) -> T:
    """The record with other attributes."""
    return replace(thing, **changes)  # type: ignore[type-var]  # any dataclass


def _answer(ask: Callable[[], object]) -> DomainError | None:
    try:
        ask()
    except DomainError as error:
        return error
    return None
