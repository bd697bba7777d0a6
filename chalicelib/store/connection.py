"""One botocore client for all tables, and the table names from the settings.

PynamoDB makes a client for each model class (six classes: 319 ms and 94 MB against 44 ms and 44 MB);
it has no public way to share one, hence the private attribute (pynamodb#1245, version pinned).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws, settings
from chalicelib.domain.errors import Busy
from chalicelib.store import transport
from chalicelib.store.tables import MODELS

TRANSIENT = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""The error codes of DynamoDB that mean: try again later."""

UNREACHABLE = (NoConnection, HTTPClientError)
"""What botocore raises when there is no answer."""

CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=10,
    parameter_validation=False,
    retries={"total_max_attempts": 3, "mode": "standard"},
)


@cache
def client() -> Any:
    """The DynamoDB client of this process; the first call gives it and the table names to every model."""
    shared: Any = aws.client("dynamodb", config=CONFIG)
    current = settings.current()
    if current.dynamodb_transport == "direct":
        transport.use_direct(shared)
    for name, model in MODELS.items():
        model.Meta.table_name = current.table(name)
        model._get_connection().connection._client = shared  # noqa: SLF001 -- see the module's docstring
    return shared


@contextmanager
def reaching() -> Iterator[None]:
    """Turns "DynamoDB cannot be reached" and "too much at once" into Busy; other errors pass."""
    try:
        yield
    except UNREACHABLE as error:
        raise Busy from error
    except ClientError as error:
        if error.response["Error"]["Code"] in TRANSIENT:
            raise Busy from error
        raise
    except PynamoDBException as error:
        if isinstance(error.cause, UNREACHABLE) or error.cause_response_code in TRANSIENT:
            raise Busy from error
        raise
