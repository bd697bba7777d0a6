"""Lambda's event source mappings: starts and stops the delivery of a queue's messages to a function."""

from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.failures import Retryable

CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})


class Mapping:
    """One event source mapping, by its id."""

    def __init__(self, mapping_id: str, functions: Any | None = None) -> None:
        self._id = mapping_id
        self._functions = functions or aws.client("lambda", config=CONFIG)

    def deliver(self, wanted: bool) -> None:  # noqa: FBT001 -- what the guard calls it with is the truth itself
        """Starts or stops it. Raises Retryable while an earlier change is under way; other errors pass."""
        try:
            self._functions.update_event_source_mapping(UUID=self._id, Enabled=wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceInUseException":
                raise Retryable("the mapping is being changed") from error
            raise
