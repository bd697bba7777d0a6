"""Round trips of the desk's changes: one read, one transaction, whatever the account looks like."""

from collections.abc import Callable

import pytest

from tests.desk.conftest import CONTRACT, Desk

ONE_READ_ONE_TRANSACTION = ["BatchGetItem", "TransactWriteItems"]


def invited(desk: Desk) -> str:
    made = desk.ok("POST", f"{desk.path}/invitations", {"email": "ivan@acme.example", "verification": CONTRACT})
    return f"{desk.path}/invitations/{made['id']}/revoke"


def granted(desk: Desk) -> str:
    return f"{desk.path}/managers/{desk.grant('gina@acme.example')['id']}/remove"


def started(desk: Desk) -> str:
    body = {"from": desk.olga_id, "to": {"email": "nina@acme.example"}, "verification": CONTRACT}
    return f"{desk.path}/transfers/{desk.ok('POST', f'{desk.path}/transfer', body)['id']}/cancel"


def nothing(desk: Desk) -> str:
    return desk.path


BUDGETS = {
    "grant": (nothing, "POST", "/managers", {"email": "carl@acme.example", "verification": CONTRACT}),
    "remove": (granted, "POST", "", {"reason": "Asked for it"}),
    "invite": (nothing, "POST", "/invitations", {"email": "carl@acme.example", "verification": CONTRACT}),
    "revoke": (invited, "POST", "", {}),
    "edit": (nothing, "PATCH", "", {"max_managers": 7}),
    "cancel": (started, "POST", "", {}),
}


@pytest.mark.parametrize("what", BUDGETS)
def test_a_change_of_the_desk_is_one_read_and_one_transaction(desk: Desk, what: str) -> None:
    """The budget of writes below HTTP, with a warm function."""
    prepare, method, rest, body = BUDGETS[what]
    path = prepare(desk) + rest
    desk.ask("GET", desk.path)
    with desk.world.calls_to_dynamodb() as calls:
        assert desk.ask(method, path, body).status < 300
    assert calls[:2] == ONE_READ_ONE_TRANSACTION
    assert calls[2:] in ([], ["BatchGetItem", "BatchGetItem"]), "what an edit answers is read again"


def test_a_transfer_is_started_with_one_read_and_one_transaction(desk: Desk) -> None:
    """R66: its steps are done by the worker."""
    body = {"from": desk.olga_id, "to": {"email": "nina@acme.example"}, "verification": CONTRACT}
    with desk.world.calls_to_dynamodb() as calls:
        assert desk.ask("POST", f"{desk.path}/transfer", body).status == 202
    assert calls == ONE_READ_ONE_TRANSACTION


def reading(desk: Desk, path: str) -> list[str]:
    with desk.world.calls_to_dynamodb() as calls:
        assert desk.ask("GET", path).status == 200
    return list(calls)


def test_reads_of_the_desk_are_two_round_trips_at_most(desk: Desk) -> None:
    """An account, its people, a page of a search."""
    desk.world.pipeline.drain()
    looked: dict[str, Callable[[Desk], str]] = {
        "account": lambda it: it.path,
        "history": lambda it: f"{it.path}/history",
        "customers": lambda _: "/v1/support/customers?name=olga",
        "accounts": lambda _: "/v1/support/billing-accounts?name=acme",
    }
    assert {what: len(reading(desk, path(desk))) for what, path in looked.items()} == dict.fromkeys(looked, 2)
