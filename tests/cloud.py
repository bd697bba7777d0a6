"""The mocked AWS of one test: the template's tables, the queues and the secrets, made without any request."""

import json
from collections import defaultdict
from copy import copy
from functools import cache
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from tests.environment import AWS, CALLOUT_KEY, PORTAL_CREDENTIAL, PSEUDONYM_KEY, TOKEN_KEYS, tables

_REGION = AWS["AWS_DEFAULT_REGION"]
_FIFO = {"FifoQueue": "true", "VisibilityTimeout": "360"}
_QUEUES: dict[str, tuple[str, dict[str, str]]] = {
    "EMAIL_QUEUE_URL": ("emails", {}),
    "SEARCH_QUEUE_URL": ("search", {}),
    "TRANSFER_QUEUE_URL": ("transfers", {}),
    "ZUORA_QUEUE_URL": ("zuora.fifo", _FIFO),
    "ZUORA_DEAD_LETTERS_URL": ("zuora-dead-letters.fifo", _FIFO),
}


def backend(service: str) -> Any:
    """Moto's state of a service."""
    by_name: Any = get_backend  # typed for literals only
    return by_name(service)[DEFAULT_ACCOUNT_ID][_REGION]


def dynamodb() -> DynamoDBBackend:
    """Moto's DynamoDB."""
    found: DynamoDBBackend = backend("dynamodb")
    return found


def create(zuora_id: str, zuora_secret: str) -> dict[str, str]:
    """Tables, queues and secrets for one test, within ``mock_aws``; returns the settings with the queues' names."""
    dynamodb().tables = {name: _empty(table) for name, table in _created().items()}
    for name, value in _secrets(zuora_id, zuora_secret).items():
        backend("secretsmanager").create_secret(
            name,
            secret_string=json.dumps(value),
            secret_binary=None,
            description=None,
            tags=None,
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
    for name, attributes in _QUEUES.values():
        backend("sqs").create_queue(name, **attributes)
    return {
        setting: f"https://sqs.{_REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"
        for setting, (name, _) in _QUEUES.items()
    }


def _secrets(zuora_id: str, zuora_secret: str) -> dict[str, dict[str, str]]:
    return {
        "token-keys": TOKEN_KEYS,
        "pseudonym-key": PSEUDONYM_KEY,
        "callout-key": CALLOUT_KEY,
        "portal-credential": {"key": PORTAL_CREDENTIAL},
        "zuora": {"client_id": zuora_id, "client_secret": zuora_secret},
    }


@cache
def _created() -> dict[str, Table]:
    """The tables as CreateTable makes them, once per process, because moto takes longer for it than most tests take."""
    with mock_aws():
        client = boto3.client("dynamodb")
        for name, wanted in tables().items():
            client.create_table(TableName=name, **wanted)
        made: dict[str, Table] = dict(dynamodb().tables)
        dynamodb().tables = {}
    return made


def _empty(table: Table) -> Table:
    """The same table without items, and without the stream that nobody reads (tests/pipeline.py is the stream)."""
    twin = copy(table)
    twin.items = defaultdict(dict)
    twin.stream_shard = None
    return twin
