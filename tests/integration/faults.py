"""Faults between the store and DynamoDB: errors instead of calls, or instead of their answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.store import connection

_URL = "https://dynamodb.us-east-1.amazonaws.com"
UNREACHABLE: list[Exception] = [
    EndpointConnectionError(endpoint_url=_URL),
    ConnectTimeoutError(endpoint_url=_URL),
    ReadTimeoutError(endpoint_url=_URL),
]


def refused(code: str, reasons: list[str] | None = None) -> ClientError:
    """An error of DynamoDB; ``reasons`` are those of a cancelled transaction."""
    response: Any = {"Error": {"Code": code, "Message": code}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "TransactWriteItems")


class Faulty:
    """One operation of the shared client, which fails as told and records its arguments."""

    def __init__(self, real: Callable[..., Any], faults: list[Exception | None], *, after: bool) -> None:
        self._real, self._faults, self._after = real, faults, after
        self.asked: list[dict[str, Any]] = []

    def __call__(self, **request: Any) -> Any:
        self.asked.append(request)
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None and not self._after:
            raise fault
        answer = self._real(**request)
        if fault is not None:
            raise fault
        return answer


@contextmanager
def failing(operation: str, *faults: Exception | None, after: bool = False) -> Iterator[Faulty]:
    """The next calls of that operation fail, one fault each (None: works); with ``after`` they take effect first."""
    client = connection.client()
    faulty = Faulty(getattr(client, operation), list(faults), after=after)
    setattr(client, operation, faulty)
    try:
        yield faulty
    finally:
        delattr(client, operation)


@contextmanager
def on_the_wire(operation: str, fault: Exception) -> Iterator[None]:
    """Every call of that operation (by its name in AWS) fails inside botocore, before it is sent."""

    def fail(**_call: Any) -> None:
        raise fault

    events = connection.client().meta.events
    events.register(f"before-call.dynamodb.{operation}", fail)
    try:
        yield
    finally:
        events.unregister(f"before-call.dynamodb.{operation}", fail)
