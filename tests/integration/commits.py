"""Which events were committed, and in which order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from chalicelib.store import connection

_CALL = "dynamodb.TransactWriteItems"


class Committed(NamedTuple):
    """An event as it was written."""

    id: str
    at: str
    type: str
    subject: str


@contextmanager
def recorded() -> Iterator[list[Committed]]:
    """The events of all transactions that succeed in the block, in the order of the transactions."""
    found: list[Committed] = []

    def sent(request_dict: dict[str, Any] | None = None, params: Any = None, context: Any = None, **_: Any) -> None:
        context["written"] = [
            Committed(item["event_id"]["S"], item["at"]["S"], item["type"]["S"], item["subject"]["S"])
            for each in json.loads(params["body"])["TransactItems"]
            if "event_id" in (item := each.get("Put", {}).get("Item", {}))
        ]

    def answered(http_response: Any, context: Any, **_: Any) -> None:
        if http_response.status_code == 200:
            found.extend(context["written"])

    events = connection.client().meta.events
    events.register_first(f"before-call.{_CALL}", sent)
    events.register(f"after-call.{_CALL}", answered)
    try:
        yield found
    finally:
        events.unregister(f"before-call.{_CALL}", sent)
        events.unregister(f"after-call.{_CALL}", answered)
