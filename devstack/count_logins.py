"""Brings the counters of accounts from the time before logins counted into line with who can sign in (R31).

    python -m devstack.count_logins --function <name of any function of the deployment> [--after KEY] [--at-most N]

It takes the deployment's settings from that function and the credentials from the environment, and pages over the
accounts. It may run at any time, beside everything else, twice, and again after it was broken off: after each page
it says where the next one begins (``--after``); ``--at-most`` bounds how many accounts one run looks through.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from chalicelib import settings
from chalicelib.operations import count_logins

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Done:
    """How many accounts were looked through, how many memberships counted wrongly, and after which key to go on."""

    accounts: int
    set_right: int
    after: str | None


def main() -> None:
    """Goes through the accounts, and says how far it is after each page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--function", required=True, help="a function of the deployment; its settings are used")
    parser.add_argument("--after", help="where an earlier run has stopped")
    parser.add_argument("--at-most", type=int, help="how many accounts; all, if it is left out")
    asked = parser.parse_args()
    deployed = boto3.client("lambda").get_function_configuration(FunctionName=asked.function)
    os.environ.update(deployed["Environment"]["Variables"])
    for done in count(after=asked.after, at_most=asked.at_most):
        more = f"; go on with --after {done.after}" if done.after else "; that was the last"
        sys.stdout.write(f"{done.accounts} accounts, {done.set_right} memberships set right{more}\n")


def count(*, after: str | None = None, at_most: int | None = None) -> Iterator[Done]:
    """One page after the other; each says what was done so far."""
    accounts = set_right = 0
    while at_most is None or accounts < at_most:
        size = _PAGE if at_most is None else min(_PAGE, at_most - accounts)
        keys, after = _page(after, size)
        found = [each for each in keys if each.startswith("acc_")]
        set_right += sum(count_logins.of_account(each) for each in found)
        accounts += len(found)
        yield Done(accounts, set_right, after)
        if after is None:
            return


def _page(after: str | None, size: int) -> tuple[list[str], str | None]:
    """The next keys of the table of accounts; a Scan, which only a command may do."""
    more: dict[str, Any] = {} if after is None else {"ExclusiveStartKey": {"key": {"S": after}}}
    page = boto3.client("dynamodb").scan(
        TableName=settings.current().table("Accounts"),
        ProjectionExpression="#key",
        ExpressionAttributeNames={"#key": "key"},
        Limit=size,
        **more,
    )
    last = page.get("LastEvaluatedKey")
    return [each["key"]["S"] for each in page["Items"]], None if last is None else last["key"]["S"]


if __name__ == "__main__":
    main()
