"""The client for event source mappings: one call, and what its failures mean (R57)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.clients.mappings import Mapping
from chalicelib.failures import Retryable


class Functions:
    """Lambda, as far as the client looks."""

    def __init__(self, code: str | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._code = code

    def update_event_source_mapping(self, **request: Any) -> None:
        """Notes the call, and fails if it is to."""
        self.calls.append(request)
        if self._code is not None:
            raise ClientError({"Error": {"Code": self._code, "Message": ""}}, "UpdateEventSourceMapping")


@pytest.mark.parametrize("wanted", [True, False])
def test_delivery_is_started_and_stopped(*, wanted: bool) -> None:
    functions = Functions()
    Mapping("a-mapping", functions).deliver(wanted)
    assert functions.calls == [{"UUID": "a-mapping", "Enabled": wanted}]


def test_a_mapping_that_is_being_changed_is_for_later() -> None:
    """The next minute's look does it."""
    with pytest.raises(Retryable):
        Mapping("a-mapping", Functions("ResourceInUseException")).deliver(False)  # noqa: FBT003 -- one truth


def test_another_failure_is_ours_to_see() -> None:
    with pytest.raises(ClientError):
        Mapping("a-mapping", Functions("AccessDeniedException")).deliver(True)  # noqa: FBT003 -- one truth
