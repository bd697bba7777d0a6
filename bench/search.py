"""What a search reads among 1,000, 10,000 and 100,000 customers, on MiniStack: the same."""

import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config

from bench.growth import counted
from chalicelib import aws, settings
from chalicelib.domain import search as words
from chalicelib.domain.people import SignedIn
from chalicelib.domain.search import Kind
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.search import search_records
from chalicelib.operations.search.search_records import CustomerQuery
from chalicelib.operations.support import Reader, SupportGroups
from chalicelib.store import connection
from devstack.ministack import free_ports, ministack
from devstack.package import ROOT
from devstack.problems import StackProblem
from tests.environment import complete, tables

SIZES = (1_000, 10_000, 100_000)
_FIRST = (
    "Anna",
    "Bob",
    "Carla",
    "Dmitri",
    "Eve",
    "Farid",
    "Grete",
    "Hugo",
    "Ines",
    "Jan",
    "Kim",
    "Lena",
    "Max",
    "Noor",
)
_LAST = ("Smith", "Meyer", "Garcia", "Ivanova", "Okafor", "Tanaka", "Nguyen", "Rossi", "Silva", "Kowalski", "Weber")
_BATCH = 25
_HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20270101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0",
}
_READER = Reader(
    SignedIn("bench", None, False, "", "", frozenset({"billing-support"})),  # noqa: FBT003 -- not verified
    SupportGroups("billing-support", "billing-support-readonly"),
)
QUESTIONS = {
    "a whole address": CustomerQuery("anna.smith.0@company0.example", None, None),
    "a domain": CustomerQuery("@company0.example", None, None),
    "a part of addresses": CustomerQuery("smith.0@", None, None),
    "first and last name": CustomerQuery(None, "smith anna", None),
    "the beginning of a name": CustomerQuery(None, "smi", None),
    "nobody": CustomerQuery(None, "smith xaver", None),
}


def growth_of_search(sizes: tuple[int, ...] = SIZES) -> Iterator[str]:
    """Lines about what pages of 20 read, and about what filing a customer writes."""
    with _dynamodb() as endpoint:
        read: dict[str, list[int]] = {name: [] for name in QUESTIONS}
        done = entries = 0
        started = time.perf_counter()
        for size in sizes:
            entries += _file(endpoint, range(done, size))
            done = size
            for name, question in QUESTIONS.items():
                read[name].append(_items_read(question))
        took = time.perf_counter() - started
    for name, counts in read.items():
        told = ", ".join(f"{count} of {size:,}" for count, size in zip(counts, sizes, strict=True))
        yield f"{name}: items read for a page of 20: {told}"
    yield f"entries of a customer: {entries / done:.1f} on average ({done:,} customers filed in {took:.0f} s)"


def _items_read(question: CustomerQuery) -> int:
    with counted() as total:
        search_records.find_customers(_READER, question, PageRequest(20, None))
    return total[0]


def _file(endpoint: str, numbers: range) -> int:
    """Writes customers and their entries as they are filed; returns how many entries."""
    entries, batch, pool = 0, _Batch(), urllib3.PoolManager()
    for number in numbers:
        item, filed = _customer(number)
        entries += len(filed)
        batch.add("Customers", item)
        for it in filed:
            batch.add("Search", {"place": {"S": it.place}, "order": {"S": it.order}})
        if batch.is_full:
            batch.write(pool, endpoint)
    batch.write(pool, endpoint)
    return entries


class _Batch:
    """Puts, twenty-five a request; by hand, since botocore takes longer to write a request than MiniStack to do it."""

    def __init__(self) -> None:
        self._puts: list[tuple[str, dict[str, Any]]] = []

    @property
    def is_full(self) -> bool:
        return len(self._puts) >= _BATCH

    def add(self, table: str, item: dict[str, Any]) -> None:
        self._puts.append((table, {"PutRequest": {"Item": item}}))

    def write(self, pool: urllib3.PoolManager, endpoint: str) -> None:
        while self._puts:
            some, self._puts = self._puts[:_BATCH], self._puts[_BATCH:]
            tables_of: dict[str, list[Any]] = {}
            for table, put in some:
                tables_of.setdefault(table, []).append(put)
            answer = pool.request("POST", endpoint, body=json.dumps({"RequestItems": tables_of}), headers=_HEADERS)
            if answer.status != HTTPStatus.OK:
                raise StackProblem(f"DynamoDB answered {answer.status}: {answer.data!r}")


def _customer(number: int) -> tuple[dict[str, Any], list[words.Entry]]:
    draw = random.Random(number)  # noqa: S311 -- the same people in every run
    first, last = ("Anna", "Smith") if number == 0 else (draw.choice(_FIRST), draw.choice(_LAST))
    email = f"{first}.{last}.{number}@company{number // 5}.example".lower()
    customer_id = f"cus_{number:026}"
    item = {
        "key": {"S": customer_id}, "customer_id": {"S": customer_id}, "address": {"S": email},
        "first_name": {"S": first}, "last_name": {"S": last}, "login_activated": {"BOOL": True},
        "membership_count": {"N": "0"}, "created_at": {"S": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")},
    }  # fmt: skip
    entries = set(words.of_person(Kind.CUSTOMER, customer_id, email=email, name=f"{first} {last}"))
    return item, sorted(entries)


@contextmanager
def _dynamodb() -> Iterator[str]:
    """MiniStack's DynamoDB with the template's tables; its URL. Unlike AWS it looks at every key of a partition."""
    (port,) = free_ports(1)
    executable = ROOT / ".local" / "tools" / "bin" / "ministack"
    with (
        tempfile.TemporaryDirectory() as folder,
        ministack(executable=executable, folder=Path(folder), port=port, persist=False) as endpoint,
        pytest.MonkeyPatch.context() as patch,
    ):
        more = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1"}  # fmt: skip
        for name, value in (complete() | more).items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep the credentials of an earlier endpoint
        patch.setattr(connection, "CONFIG", connection.CONFIG.merge(Config(read_timeout=60)))
        _forget()
        for name in ("Customers", "Search"):
            boto3.client("dynamodb").create_table(TableName=name, **tables()[name])
        yield endpoint
    _forget()


def _forget() -> None:
    settings.current.cache_clear()
    connection.client.cache_clear()
    aws.session.cache_clear()  # it keeps endpoint and credentials
