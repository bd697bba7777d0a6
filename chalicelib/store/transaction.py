"""Writing: a Step is one conditional write and what its failure means; ``commit`` does all Steps or none."""

import logging
import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.domain.errors import Busy, Changed, DomainError, RateLimited
from chalicelib.frozen import frozen
from chalicelib.store import connection
from chalicelib.store.tables import Raw
from chalicelib.store.tables.texts import Personal

logger = logging.getLogger(__name__)

T = TypeVar("T")

Refusal = Callable[[Raw | None], DomainError]
"""Makes the error of a failed condition from the item as it stood then (None: there was none)."""

_TRIES: Final = 5
_FIRST_PAUSE: Final = 0.03
_LONGEST_PAUSE: Final = 0.4
_ITEM: Final = "ALL_OLD"
_TRANSIENT_REASONS: Final = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


@frozen
class Step:
    """One conditional write. ``kind`` is DynamoDB's word for it; made by the four functions below only."""

    kind: str
    request: dict[str, Any]
    refusal: Refusal


def put(item: Model, *, condition: Condition, refusal: Refusal) -> Step:
    """Writes a whole item."""
    connection.client()
    return Step("Put", item.get_save_kwargs_from_instance(condition, _ITEM), refusal)


def update(item: Model, actions: list[Action], *, condition: Condition, refusal: Refusal) -> Step:
    """Changes attributes of an item; the condition must make sure that it exists (DynamoDB would create it)."""
    connection.client()
    return Step("Update", item.get_update_kwargs_from_instance(actions, condition, _ITEM), refusal)


def without_personal(model: type[Model], *, but: frozenset[str] = frozenset()) -> list[Action]:
    """Takes out of an item every text that says something of a person, ``but`` for these attributes."""
    attributes = model.get_attributes()
    personal = [name for name, each in attributes.items() if isinstance(each, Personal) and name not in but]
    return [attributes[name].remove() for name in sorted(personal)]


def delete(item: Model, *, condition: Condition, refusal: Refusal) -> Step:
    """Deletes an item."""
    connection.client()
    return Step("Delete", item.get_delete_kwargs_from_instance(condition, _ITEM), refusal)


def condition_check(item: Model, *, condition: Condition, refusal: Refusal) -> Step:
    """Checks a condition on an item without changing it."""
    connection.client()
    return Step("ConditionCheck", item.get_delete_kwargs_from_instance(condition, _ITEM), refusal)


def refuse_with(error: DomainError) -> Refusal:
    """A refusal that is the same whatever the item looks like."""
    return lambda _item: error


def refuse_by_rule(load: Callable[[Raw], T], rule: Callable[[T], None], *, missing: DomainError) -> Refusal:
    """The refusal that the early check gives, made from the item as it stood when the condition failed.

    When the rule has nothing against that item (it changed meanwhile), reading again is right: Changed.
    """

    def refuse(raw: Raw | None) -> DomainError:
        if raw is None:
            return missing
        try:
            rule(load(raw))
        except DomainError as error:
            return error
        return Changed()

    return refuse


def commit(*steps: Step | None, pause: Callable[[float], None] = time.sleep) -> None:
    """Writes all steps in one transaction, or none; None among them is left out.

    When conditions fail, raises the refusal of the first step (in the caller's order) that failed.
    Conflicts with other transactions and throttling are tried again, with jitter and under the same
    client token, a few times; then, and when DynamoDB cannot be reached, it is Busy. A time-out leaves
    open whether the transaction happened: the token keeps a later try from doing it twice.
    """
    todo = [step for step in steps if step is not None]
    request = {
        "TransactItems": [{step.kind: step.request} for step in todo],
        "ClientRequestToken": uuid4().hex,
    }
    for attempt in range(_TRIES):
        if attempt:
            pause(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311 -- jitter
        try:
            connection.client().transact_write_items(**request)
        except ClientError as error:
            _raise_unless_transient(error, todo)
        except connection.UNREACHABLE as error:
            raise Busy from error
        else:
            return
    raise Busy


def _raise_unless_transient(error: ClientError, steps: list[Step]) -> None:
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons = error.response["CancellationReasons"]
        refusals = [
            step.refusal(cast(Raw | None, reason.get("Item")))
            for step, reason in zip(steps, reasons, strict=True)
            if reason["Code"] == "ConditionalCheckFailed"
        ]
        if refusals:
            raise _the_one_to_tell(refusals) from None
        unexpected = {reason["Code"] for reason in reasons} - _TRANSIENT_REASONS
        if unexpected:
            raise error
        logger.info("transaction conflict")
    elif code not in connection.TRANSIENT:
        raise error


def _the_one_to_tell(refusals: list[DomainError]) -> DomainError:
    """The first; of several limits the one that lasts longest, or its ``retry_after`` would not be true (R24)."""
    limits = [each for each in refusals if isinstance(each, RateLimited)]
    return max(limits, key=lambda each: each.retry_after) if refusals[0] in limits else refusals[0]
