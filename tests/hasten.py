"""Takes out of moto and boto3 what only costs time; what requests mean stays as it is."""

from functools import cache
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core import serialize
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend


def hasten(patch: pytest.MonkeyPatch) -> None:
    """One client of each kind for the test kit, values handed out as they are stored, no copies of a stream.

    moto looks at each attribute value under ten names before it writes it out, and keeps every change of a table
    for ever in a stream that each transaction copies; nobody here reads that (tests/pipeline.py is the stream).
    """
    patch.setattr(boto3, "client", cache(boto3.client))
    patch.setattr(boto3, "resource", cache(boto3.resource))
    by_shape = serialize.BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 -- no public way in

    def at_once(self: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict):
            serialized[key] = value
        else:
            by_shape(self, serialized, value, shape, key)

    patch.setattr(serialize.BaseJSONSerializer, "_serialize_type_structure", at_once)
    for table in dynamodb().tables.values():
        table.stream_shard = None


def dynamodb() -> DynamoDBBackend:
    """Moto's DynamoDB."""
    backend: DynamoDBBackend = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID]["us-east-1"]
    return backend
