"""Reading: any number of keys, consistently, each item once; and Busy when DynamoDB cannot answer."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Busy
from chalicelib.domain.event_types import EventType
from chalicelib.store import accounts, connection, customers, history, invitations, memberships, reading
from tests.integration.faults import UNREACHABLE, failing, on_the_wire, refused
from tests.integration.store_fixtures import a_customer, a_membership, an_account, early
from tests.unit.builders import NOW
from tests.world import World

pytestmark = pytest.mark.usefixtures("tables")


def test_items_of_different_tables_come_in_one_round_trip_in_the_requested_order(tables: World) -> None:
    account, person, place = an_account(), a_customer(), a_membership()
    with tables.calls_to_dynamodb() as calls:
        found = reading.batch(
            memberships.key(place.account_id, place.customer_id),
            customers.key("cus_none"),
            accounts.key(account.id),
            customers.key(person.id),
            customers.by_address(person.address),
        )
    assert found == (place, None, account, person, person.id)
    assert calls == ["BatchGetItem"]


def test_every_read_is_consistent() -> None:
    """I8: a right that was taken away is gone at once."""
    with failing("batch_get_item") as client:
        reading.many([accounts.key("acc_none"), customers.key("cus_none")])
    assert [table["ConsistentRead"] for each in client.asked for table in each["RequestItems"].values()] == [True, True]


def test_a_hundred_keys_are_one_round_trip_and_one_more_are_two() -> None:
    people = [a_customer() for _ in range(3)]
    keys = [customers.key(f"cus_none_{number}") for number in range(97)]
    with failing("batch_get_item") as client:
        assert reading.many([*keys, *(customers.key(each.id) for each in people)]) == [None] * 97 + people
        assert len(client.asked) == 1
        found = reading.many([*keys, customers.key("cus_none"), *(customers.key(each.id) for each in people)])
        assert found == [None] * 98 + people
    assert [len(each["RequestItems"]["Customers"]["Keys"]) for each in client.asked] == [100, 100, 1]


def test_a_key_that_is_asked_for_twice_is_read_once() -> None:
    """DynamoDB refuses a batch with duplicates."""
    person = a_customer()
    keys = [customers.key(person.id), customers.key("cus_none"), customers.key(person.id)]
    with failing("batch_get_item") as client:
        assert reading.many(keys) == [person, None, person]
    assert len(client.asked[0]["RequestItems"]["Customers"]["Keys"]) == 2


def test_the_same_item_can_be_read_as_two_types() -> None:
    person = a_customer()
    twice = reading.many([customers.key(person.id), reading.Key(customers.key("x").model, person.id, None, dict)])
    assert twice[0] == person
    assert twice[1] is not None


def test_no_keys_cost_nothing(tables: World) -> None:
    with tables.calls_to_dynamodb() as calls:
        assert reading.many([]) == []
    assert calls == []


class Stingy:
    """Answers one key per call and leaves the others unprocessed, as DynamoDB may."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real, self.asked = real, 0

    def __call__(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 -- botocore's name
        self.asked += 1
        ((table, wanted), *tables) = RequestItems.items()
        first, *rest = wanted["Keys"]
        answer = self._real(RequestItems={table: {**wanted, "Keys": [first]}})
        left = dict(tables)
        if rest:
            left[table] = {**wanted, "Keys": rest}
        answer["UnprocessedKeys"] = left
        return answer


@pytest.mark.parametrize(("count", "busy"), [(4, False), (5, True)])
def test_unprocessed_keys_are_requested_again_a_few_times(
    tables: World, monkeypatch: pytest.MonkeyPatch, count: int, *, busy: bool
) -> None:
    """S32: a partial answer is never taken for "not there"."""
    people = [a_customer() for _ in range(count)]
    client = connection.client()
    stingy = Stingy(client.batch_get_item)
    monkeypatch.setattr(client, "batch_get_item", stingy)
    found: list[object] = []
    answer = early(lambda: found.extend(reading.many([customers.key(each.id) for each in people])))
    assert stingy.asked == 4
    assert isinstance(answer, Busy) is busy
    assert found == ([] if busy else people)


READS: list[tuple[str, Callable[[], object]]] = [
    ("batch_get_item", lambda: reading.one(accounts.key("acc_1"))),
    ("query", lambda: memberships.of_account("acc_1")),
    ("query", lambda: memberships.accounts_of("cus_1")),
    ("query", lambda: invitations.pending_of("acc_1")),
    ("query", lambda: invitations.inbox(Address("carl@acme.example"))),
    ("query", lambda: history.of_stream("account#acc_1", types=frozenset(EventType), limit=5)),
    ("query", lambda: history.unrelayed(before=NOW, limit=5)),
    ("update_item", lambda: history.mark_relayed("account#acc_1", "evt_1", now=NOW)),
]


def wire(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


@pytest.mark.parametrize(
    "fault", [*UNREACHABLE, refused("ThrottlingException")], ids=lambda fault: type(fault).__name__
)
@pytest.mark.parametrize(("operation", "call"), READS)
def test_an_overloaded_database_is_busy(operation: str, call: Callable[[], object], fault: Exception) -> None:
    """S32: an unread item never lets anybody in."""
    with on_the_wire(wire(operation), fault):
        assert type(early(call)) is Busy


@pytest.mark.parametrize(("operation", "call"), READS)
def test_a_bug_of_ours_is_not_reported_as_busy(operation: str, call: Callable[[], object]) -> None:
    fault = refused("ValidationException")
    with on_the_wire(wire(operation), fault), pytest.raises((ClientError, PynamoDBException)) as passed:
        call()
    assert "ValidationException" in str(passed.value)
