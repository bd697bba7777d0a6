"""Queues with faults: some messages are refused, and returned messages are recorded."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from chalicelib import wiring
from chalicelib.clients.queues import Queues


class FaultyQueues(Queues):
    """``refuses`` says which bodies are not accepted; ``given_back`` are the requested waits, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: Callable[[str], bool] = lambda _body: False
        self.sent: list[str] = []
        self.given_back: list[int] = []
        self.gives_back = True

    def send(self, queue_url: str, body: str) -> None:
        if self.refuses(body):
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": body}}, "SendMessage")
        super().send(queue_url, body)
        self.sent.append(body)

    def give_back(self, queue_url: str, receipt_handle: str, *, seconds: int) -> None:
        if not self.gives_back:
            raise ClientError({"Error": {"Code": "ReceiptHandleIsInvalid", "Message": ""}}, "ChangeMessageVisibility")
        super().give_back(queue_url, receipt_handle, seconds=seconds)
        self.given_back.append(seconds)


def install(monkeypatch: pytest.MonkeyPatch) -> FaultyQueues:
    """Replaces the real ones, within a world."""
    queues = FaultyQueues()
    monkeypatch.setattr(wiring, "queues", lambda: queues)
    return queues
