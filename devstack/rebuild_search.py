"""Builds the search index of a deployment again, from what the tables have.

    python -m devstack.rebuild_search --function <name of any function of the deployment>

It takes the deployment's settings from that function and the credentials from the environment, pages over customers,
accounts and contacts, and over what is filed already, and files each as it is now. It may run at any time, beside the
function that keeps the index current, twice, and again after it was broken off: filing is idempotent.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator

import boto3

from chalicelib import settings
from chalicelib.domain.search import Kind
from chalicelib.operations.search.index_search import index

_PREFIXES = {"cus_": Kind.CUSTOMER, "acc_": Kind.ACCOUNT}


def main() -> None:
    """Rebuilds, and says how much there was."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--function", required=True, help="a function of the deployment; its settings are used")
    deployed = boto3.client("lambda").get_function_configuration(FunctionName=parser.parse_args().function)
    os.environ.update(deployed["Environment"]["Variables"])
    for kind, (there, filed) in rebuild().items():
        sys.stdout.write(f"{kind}: {there} things, {filed} of them filed again\n")


def rebuild() -> dict[Kind, tuple[int, int]]:
    """Files everything; how many things of each kind there were, and for how many that made a difference."""
    there: Counter[Kind] = Counter()
    filed: Counter[Kind] = Counter()
    for kind, thing_id in sorted({*_things(), *_filed()}):
        there[kind] += 1
        filed[kind] += index(kind, thing_id)
    return {kind: (there[kind], filed[kind]) for kind in Kind}


def _things() -> Iterator[tuple[Kind, str]]:
    current = settings.current()
    for table in (current.table("Customers"), current.table("Accounts")):
        for key in _keys(table, "key"):
            kind = _PREFIXES.get(key[:4])
            if kind is not None:
                yield kind, key
    for key in _keys(current.table("Contacts"), "contact_id"):
        if not key.startswith(("assignment#", "edit#")):
            yield Kind.CONTACT, key


def _filed() -> Iterator[tuple[Kind, str]]:
    """What is filed, for things that are gone."""
    for place in _keys(settings.current().table("Search"), "place"):
        if place.startswith("list#"):
            _, _, kind, thing_id = place.split("#", 3)
            yield Kind(kind), thing_id


def _keys(table: str, name: str) -> Iterator[str]:
    """The keys of a table; a Scan, which only this command may do."""
    names = {"#key": name}
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=table, ProjectionExpression="#key", ExpressionAttributeNames=names)
    )
    for page in pages:
        for item in page["Items"]:
            yield item[name]["S"]


if __name__ == "__main__":
    main()
