"""A DynamoDB with faults that emulators do not have: conflicts, and lost answers."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.store import connection

MOST = 3  # of one transaction; the service tries five times


class Trouble(StrEnum):
    """What can happen to a transaction for external reasons."""

    CONFLICT = "conflict"  # another transaction holds an item: nothing was done
    ERROR_AFTERWARDS = "error afterwards"  # it was done, and the answer is a retryable error
    SILENCE = "silence"  # it was done, and no answer came


class Flaky:
    """Wraps TransactWriteItems; a transaction gets a few faults at most."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, chances: Mapping[Trouble, float], *, most: int = MOST) -> None:
        client = connection.client()
        self._send = client.transact_write_items
        self._chances = chances
        self._most = most
        self._dice = random.Random(20_261_121)  # noqa: S311 -- the same trouble in every run
        self._lock = Lock()
        self._of_token: Counter[str] = Counter()
        self._at_rest = False
        self.made: Counter[Trouble] = Counter()
        monkeypatch.setattr(client, "transact_write_items", self._call)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Causes no faults for a while."""
        self._at_rest = True
        yield
        self._at_rest = False

    def _call(self, **request: Any) -> Any:
        trouble = self._next(request["ClientRequestToken"])
        if trouble is Trouble.CONFLICT:
            raise _conflict(len(request["TransactItems"]))
        answer = self._send(**request)
        if trouble is Trouble.ERROR_AFTERWARDS:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "TransactWriteItems")
        if trouble is Trouble.SILENCE:
            raise ReadTimeoutError(endpoint_url="http://dynamodb")
        return answer

    def _next(self, token: str) -> Trouble | None:
        with self._lock:
            if self._at_rest or self._of_token[token] >= self._most:
                return None
            roll = self._dice.random()
            for trouble, chance in self._chances.items():
                if roll < chance:
                    self._of_token[token] += 1
                    self.made[trouble] += 1
                    return trouble
                roll -= chance
            return None


def _conflict(items: int) -> ClientError:
    reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (items - 1)]
    error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
    return ClientError(error, "TransactWriteItems")  # type: ignore[arg-type]  # the stubs know no reasons
