"""Takes out of moto and boto3 what only costs time; what requests mean stays as it is."""

from collections import defaultdict
from collections.abc import Iterable
from copy import copy, deepcopy
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.config import Config
from botocore.useragent import UserAgentString
from moto.core import responses, serialize, utils
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from chalicelib import aws
from tests.cloud import backend, dynamodb
from tests.speed_expressions import speed_up_expressions

_client, _resource = cache(boto3.client), cache(boto3.resource)
_new, _kept = aws.client, cache(aws.client)


def speed_up(patch: pytest.MonkeyPatch) -> None:
    """One client of each kind for the whole run, values handed out as they are stored.

    moto looks at each attribute value under ten names before it writes it out. Nobody checks signatures and user
    agents either, and the actions of a service are always the same.
    """
    patch.setattr(boto3, "client", _client)
    patch.setattr(boto3, "resource", _resource)
    patch.setattr(aws, "client", _client_of_ours)
    patch.setattr(SigV4Auth, "add_auth", lambda _self, _request: None)
    patch.setattr(UserAgentString, "to_string", lambda _self: "tests")
    patch.setattr(responses, "method_names_from_class", cache(utils.method_names_from_class))
    by_shape = serialize.BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 -- no public way in

    def at_once(self: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict):
            serialized[key] = value
        else:
            by_shape(self, serialized, value, shape, key)

    patch.setattr(serialize.BaseJSONSerializer, "_serialize_type_structure", at_once)
    _back_up_by_reference(patch)
    speed_up_expressions(patch)


def _client_of_ours(service: str, *, config: Config) -> Any:
    """Kept, but for DynamoDB's, on which tests hang their hooks."""
    return (_new if service == "dynamodb" else _kept)(service, config=config)


def fill(table: str, items: Iterable[dict[str, Any]]) -> None:
    """Makes these (DynamoDB JSON) the items of a table, and all that it has."""
    filled = dynamodb().tables[table]
    filled.items.clear()
    for item in items:
        filled.put_item(item, overwrite=True)


def stored(table: str) -> list[dict[str, Any]]:
    """All items of a table, as DynamoDB JSON, in the order of their keys; moto takes long to write out a Scan."""
    return [item.to_json()["Attributes"] for item in dynamodb().tables[table].all_items()]


def is_empty(queue_url: str) -> bool:
    """Whether a queue has no message that could be received now."""
    return not backend("sqs").queues[queue_url.rpartition("/")[2]].messages


def _back_up_by_reference(patch: pytest.MonkeyPatch) -> None:
    """A transaction copies its tables, for the case that it fails: here only what they hold, item for item.

    Of all that moto does to an item only an update changes it in place; so here an update changes a copy.
    """
    update = DynamoDBBackend.update_item

    def update_item(self: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        table = self.get_table(table_name)
        hash_value, range_value = _key(table, key)
        item: Any = table.get_item(hash_value, range_value)
        if item is not None and range_value is not None:
            table.items[hash_value][range_value] = deepcopy(item)
        elif item is not None:
            table.items[hash_value] = deepcopy(item)
        return update(self, table_name, key, *args, **kwargs)

    def backup(thing: Any) -> Any:
        if not isinstance(thing, Table):
            return thing
        twin, in_rows = copy(thing), thing.has_range_key
        twin.items = defaultdict(dict, {each: dict(rows) if in_rows else rows for each, rows in thing.items.items()})
        return twin

    patch.setattr(DynamoDBBackend, "update_item", update_item)
    patch.setattr(models, "copy", SimpleNamespace(deepcopy=backup))


def _key(table: Table, item: dict[str, Any]) -> tuple[DynamoType, DynamoType | None]:
    range_name = table.range_key_attr
    return DynamoType(item[table.hash_key_attr]), DynamoType(item[range_name]) if range_name else None
