"""commit: all or nothing, refusals in the caller's order, and what is retried."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.errors import Busy, Changed
from chalicelib.store.tables import MembershipItem
from chalicelib.store.transaction import Step, commit, condition_check, delete, put, refuse_by_rule, refuse_with, update
from tests.integration.faults import UNREACHABLE, failing, refused
from tests.integration.store_fixtures import TakenForTests, early, new_id
from tests.world import World

pytestmark = pytest.mark.usefixtures("tables")

CANCELLED = "TransactionCanceledException"
THERE, ABSENT = MembershipItem.owner.exists(), MembershipItem.owner.does_not_exist()


def step(kind: str, *, passes: bool, refusal: TakenForTests) -> Step:
    """A Step of that kind on an item of its own that is not there."""
    item = MembershipItem(new_id("acc"), "cus_1", role="manager")
    condition = ABSENT if passes else THERE
    if kind == "put":
        return put(item, condition=condition, refusal=refuse_with(refusal))
    if kind == "update":
        return update(item, [MembershipItem.role.set("viewer")], condition=condition, refusal=refuse_with(refusal))
    if kind == "delete":
        return delete(item, condition=condition, refusal=refuse_with(refusal))
    return condition_check(item, condition=condition, refusal=refuse_with(refusal))


KINDS = ["put", "update", "delete", "check"]


@pytest.mark.parametrize("kinds", [KINDS, KINDS[::-1], ["check", "put", "delete", "update"]], ids="-".join)
@pytest.mark.parametrize("first", range(4))
def test_the_first_failing_step_in_the_callers_order_is_the_answer(kinds: list[str], first: int) -> None:
    """R17: whatever order DynamoDB or PynamoDB use, the caller's is the order of refusals."""
    refusals = [TakenForTests(number=number) for number in range(4)]
    steps = [step(kind, passes=number < first, refusal=refusals[number]) for number, kind in enumerate(kinds)]
    assert early(lambda: commit(*steps)) is refusals[first]


def test_a_refused_transaction_writes_nothing(tables: World) -> None:
    """I5: all or nothing."""
    taken = TakenForTests()
    with tables.unchanged():
        good = [step(kind, passes=True, refusal=TakenForTests()) for kind in ("put", "update")]
        assert early(lambda: commit(*good, step("check", passes=False, refusal=taken))) is taken


def test_no_step_among_steps_is_left_out() -> None:
    made = put(MembershipItem(new_id("acc"), "cus_1"), condition=ABSENT, refusal=refuse_with(TakenForTests()))
    commit(None, made, None)
    assert isinstance(early(lambda: commit(None, made)), TakenForTests)


def test_a_refusal_by_rule_sees_the_item_as_it_stood() -> None:
    """R17: the same answer as the early check; Changed when the rule accepts the present item."""
    account, missing = new_id("acc"), TakenForTests(missing=True)
    here = MembershipItem(account, "cus_1", role="manager")
    commit(put(here, condition=ABSENT, refusal=refuse_with(TakenForTests())))
    seen: list[str] = []

    def rule(role: str) -> None:
        seen.append(role)
        if role == "manager":
            raise TakenForTests(role=role)

    def wanting(role: str, owner: str) -> Step:
        refusal = refuse_by_rule(lambda raw: str(raw["role"]["S"]), rule, missing=missing)
        return condition_check(MembershipItem(owner, "cus_1"), condition=MembershipItem.role == role, refusal=refusal)

    refusal = early(lambda: commit(wanting("admin", account)))
    assert isinstance(refusal, TakenForTests)
    assert refusal.fields == {"role": "manager"}
    assert seen == ["manager"]
    assert early(lambda: commit(wanting("admin", new_id("acc")))) is missing
    commit(update(here, [MembershipItem.role.set("viewer")], condition=THERE, refusal=refuse_with(missing)))
    assert isinstance(early(lambda: commit(wanting("admin", account))), Changed)


def harmless() -> Step:
    return step("put", passes=True, refusal=TakenForTests())


TRANSIENT = [
    refused(CANCELLED, ["TransactionConflict"]),
    refused(CANCELLED, ["ThrottlingError"]),
    refused(CANCELLED, ["ProvisionedThroughputExceeded"]),
    refused("ThrottlingException"),
    refused("ProvisionedThroughputExceededException"),
    refused("RequestLimitExceeded"),
    refused("TransactionInProgressException"),
    refused("InternalServerError"),
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=str)
def test_a_conflict_or_throttling_is_retried_with_the_same_token(
    fault: ClientError,
) -> None:
    """I2: the token keeps an attempt that took effect after all from doing so twice."""
    waited: list[float] = []
    with failing("transact_write_items", fault, fault) as client:
        commit(harmless(), pause=waited.append)
    assert len(client.asked) == 3
    assert len({each["ClientRequestToken"] for each in client.asked}) == 1
    assert 1 <= len(client.asked[0]["ClientRequestToken"]) <= 36
    assert len(waited) == 2


def test_every_transaction_has_a_token_of_its_own() -> None:
    """I2."""
    with failing("transact_write_items") as client:
        commit(harmless())
        commit(harmless())
    assert client.asked[0]["ClientRequestToken"] != client.asked[1]["ClientRequestToken"]


@pytest.mark.parametrize("fault", TRANSIENT[:1] + TRANSIENT[3:4], ids=str)
def test_endless_conflicts_are_busy(fault: ClientError) -> None:
    """S32: after a few attempts, with pauses within the caller's patience."""
    waited: list[float] = []
    with failing("transact_write_items", *[fault] * 99) as client:
        answer = early(lambda: commit(harmless(), pause=waited.append))
    assert type(answer) is Busy
    assert len(client.asked) == 5
    assert sum(waited) < 2
    assert all(0 <= each <= 0.4 for each in waited)


def test_pauses_are_random_and_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that collided once should not collide again: full jitter, doubling up to a limit."""
    asked: list[tuple[float, float]] = []

    def longest(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    monkeypatch.setattr("random.uniform", longest)
    with failing("transact_write_items", *[TRANSIENT[0]] * 9):
        early(lambda: commit(harmless(), pause=lambda _seconds: None))
    assert asked == [(0, 0.06), (0, 0.12), (0, 0.24), (0, 0.4)]


def test_a_conflict_beside_a_failed_condition_is_a_refusal() -> None:
    """R17: the refusal is known, so nothing is retried."""
    refusal = TakenForTests()
    steps = [harmless(), step("check", passes=True, refusal=refusal)]
    fault = refused(CANCELLED, ["TransactionConflict", "ConditionalCheckFailed"])
    with failing("transact_write_items", fault) as client:
        assert early(lambda: commit(*steps)) is refusal
    assert len(client.asked) == 1


@pytest.mark.parametrize("fault", UNREACHABLE, ids=lambda fault: type(fault).__name__)
def test_an_unreachable_database_is_busy(fault: Exception) -> None:
    """S32: 503 with Retry-After, and nobody is let in without a check."""
    with failing("transact_write_items", fault) as client:
        assert type(early(lambda: commit(harmless()))) is Busy
    assert len(client.asked) == 1  # botocore has tried already, under the same token


@pytest.mark.parametrize(
    "fault",
    [
        refused("ValidationException"),
        refused("AccessDeniedException"),
        refused("ResourceNotFoundException"),
        refused("IdempotentParameterMismatchException"),
        refused(CANCELLED, ["None", "ValidationError"]),
        refused(CANCELLED, ["ItemCollectionSizeLimitExceeded", "None"]),
        refused(CANCELLED, ["TransactionConflict", "ValidationError"]),
    ],
    ids=lambda fault: str(fault.response),
)
def test_a_bug_of_ours_is_not_retried(fault: ClientError) -> None:
    """It is a 500 with an alarm, not a reason to wait."""
    with failing("transact_write_items", fault) as client, pytest.raises(ClientError) as passed:
        commit(harmless(), harmless())
    assert passed.value is fault
    assert len(client.asked) == 1
