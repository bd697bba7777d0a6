"""Which kind of failure an answer, or a missing answer, is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError, SSLError

from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.failures import Permanent, Retryable
from tests.contract.recorded import Recorded, answer, client, reading, recorded, writing

CONTACT = {"id": "c", "success": True}


def reasons(*codes: object, success: object = False) -> dict[str, object]:
    return {"success": success, "reasons": [{"code": code, "message": f"about {code}"} for code in codes]}


def test_the_recorded_not_found_is_not_found() -> None:
    with pytest.raises(ZuoraNotFound) as refused:
        client(Recorded(recorded("get_account_with_error"))).account("x")

    assert refused.value.code == "50000040"


@pytest.mark.parametrize(
    ("name", "code"), [("cancel_subscription_error", "53200021"), ("update_account_error", "INVALID_ID")]
)
def test_the_recorded_refusals_are_permanent(name: str, code: str) -> None:
    """R57."""
    with pytest.raises(Permanent) as refused:
        writing(recorded(name))

    assert refused.value.code == code


@pytest.mark.parametrize("name", ["get_account_500_error", "auth_failure"])
def test_the_recorded_outages_are_retryable(name: str) -> None:
    """R57."""
    with pytest.raises(Retryable):
        reading(recorded(name), recorded(name))


@pytest.mark.parametrize("category", [10, 20, 21, 22, 23, 27, 30, 40, 45, 90])
@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("kind", [int, str])
def test_the_category_decides_before_the_status(category: int, status: int, kind: Callable[[int], object]) -> None:
    """R57: a refusal is permanent, whether its code comes as a number or as a text."""
    with pytest.raises(Permanent) as refused:
        writing(answer(reasons(kind(52000000 + category)), status))

    assert (refused.value.code, refused.value.reason) == (str(52000000 + category), f"about {52000000 + category}")
    assert isinstance(refused.value, ZuoraNotFound) == (category == 40)


@pytest.mark.parametrize("category", [50, 60, 61, 70, 99])
@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_temporary_failures_are_retryable_under_every_status(category: int, status: int) -> None:
    """R57."""
    with pytest.raises(Retryable):
        writing(answer(reasons(52000000 + category), status))


@pytest.mark.parametrize(
    ("body", "status", "family"),
    [
        (reasons(52000098), 400, Permanent),
        (reasons(52000098), 200, Permanent),
        (reasons(52000098), 500, Retryable),
        (reasons(52000098), 409, Retryable),
        (reasons(None), 400, Permanent),
        (reasons(None), 503, Retryable),
        (reasons(52000050, 52000020), 400, Permanent),
        (reasons(52000050, 52000061), 409, Retryable),
        ({"reasons": [{"code": 50000027, "message": "?"}], "requestId": "r"}, 400, Permanent),
        ({"Success": False, "Errors": [{"Code": "LOCK_COMPETITION", "Message": "?"}]}, 400, Retryable),
        ([{"Success": False, "Errors": [{"Code": "INVALID_VALUE", "Message": "?"}]}], 200, Permanent),
        ({"FaultCode": "fns:MALFORMED_QUERY", "FaultMessage": "?"}, 400, Permanent),
        ({"FaultCode": "fns:SERVER_UNAVAILABLE", "FaultMessage": "?"}, 500, Retryable),
        ({"FaultCode": "fns:INVALID_SESSION", "FaultMessage": "?"}, 401, Retryable),
        ({"message": "The idempotency key was used for another request."}, 422, Permanent),
        ({"message": "no Route matched with those values"}, 404, Retryable),
        ({"message": "Forbidden"}, 403, Retryable),
        ({"message": "A request with this key is in progress."}, 409, Retryable),
        (b"<html>Not Found</html>", 404, Retryable),
        (b"<html>Bad Request</html>", 400, Retryable),
        (b"<html>Welcome</html>", 200, Retryable),
        (b"Moved", 302, Retryable),
        (b"", 200, Retryable),
        (b"[1]", 200, Retryable),
        (b"7", 200, Retryable),
        ({}, 200, Retryable),
        ({"success": None}, 200, Retryable),
        ({"success": "true", "id": "c"}, 200, Retryable),
        ({"success": False}, 200, Retryable),
        ({"success": False, "reasons": None}, 200, Retryable),
        ({"success": False, "reasons": ["?"]}, 200, Retryable),
    ],
)
def test_every_other_answer_to_a_change_is_classified(body: object, status: int, family: type[Exception]) -> None:
    """R57: an edit is never given up because of an answer that may not be Zuora's."""
    with pytest.raises(family):
        writing(answer(body, status), answer(body, status))


@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "120", "ratelimit-reset": "7"}, 120),
        ({"ratelimit-reset": "7"}, 7),
        ({"Retry-After": "soon", "ratelimit-reset": "7"}, 7),
        ({"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 01 Jan 2024 00:00:00 -0000"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("body", [reasons(50000070), {"reasons": [{"code": 70, "message": "?"}]}, b"<html>"])
def test_a_limit_says_how_long_to_wait(body: object, headers: dict[str, str], retry_after: float | None) -> None:
    """R57."""
    with pytest.raises(Retryable) as failure:
        writing(answer(body, 429, headers))

    assert failure.value.retry_after == retry_after


def test_a_limit_may_name_a_moment() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    with pytest.raises(Retryable) as failure:
        writing(answer(reasons(50000070), 429, {"Retry-After": moment}))

    assert failure.value.retry_after == pytest.approx(3600, abs=60)


def test_an_outage_with_retry_after_is_not_retried_at_once() -> None:
    pool = Recorded(answer(b"<html>", 503, {"Retry-After": "30"}))

    with pytest.raises(Retryable) as failure:
        client(pool).contact("c")

    assert (failure.value.retry_after, pool.asked) == (30, 1)


@pytest.mark.parametrize(
    ("failure", "tries"),
    [
        (lambda pool: NewConnectionError(pool, "refused"), 2),
        (lambda _: ProtocolError("Connection aborted."), 2),
        (lambda pool: ReadTimeoutError(pool, "/", "Read timed out."), 1),
        (lambda _: SSLError("certificate verify failed"), 1),
    ],
)
def test_after_a_broken_connection_only_reading_calls_are_retried(
    failure: Callable[[Any], Exception], tries: int
) -> None:
    """R57."""
    for call, expected in ((lambda zuora: zuora.contact("c"), tries), (update, 1)):
        pool = Recorded(failure(None), failure(None))
        with pytest.raises(Retryable):
            call(client(pool))
        assert pool.asked == expected


def update(zuora: Zuora) -> object:
    return zuora.update_contact("c", {"city": "Rome"})


def test_a_reading_call_survives_one_broken_connection() -> None:
    assert reading(ProtocolError("Connection aborted."), answer(CONTACT))
