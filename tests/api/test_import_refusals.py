"""Who may import, with what, and what happens when Zuora fails (R53, R57, R60)."""

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.gateway import Response
from tests.world import TICKET, Person, World, fresh_world

PATH = "/v1/support/billing-accounts"
GOOD_LINKS = [TICKET, "https://t.example/1", "https://tickets.example:8443/a/b?c=d#e", "https://t.example/" + "x" * 480]
BAD_LINKS = ["", " ", "4711", "tickets.example/4711", "http://tickets.example/4711", "https://", "https:///x",
             "https://tickets.example", "https://tickets.example/", "https://user@tickets.example/1",
             "https://u:p@tickets.example/1", "https://tickets example/1", "https://tickets.example/4711 x",
             "https://tickets.example/4711\n", "javascript:alert(1)", "HTTPS://tickets.example/1", "ftp://t.example/1",
             "https://t.example/" + "x" * 500, " https://tickets.example/1"]  # fmt: skip
BAD_KEYS = ["", " ", "a/b", "../accounts", "a b", "A00000001?x=1", "a%2Fb", "\u00e9", "x" * 65, "{id}", "A1\n", "a.b"]


def _import(world: World, key: str, who: Person | None = None, link: str = TICKET) -> Response:
    return world.call("POST", PATH, who or world.support(), {"zuora_account_id": key, "ticket_url": link})


def test_only_the_support_desk_may_import(world: World) -> None:
    """R60: not its readers, not a customer, not somebody who only claims it, and not without a verified address."""
    zuora_id = world.zuora_account()
    olga = world.person("olga@beta.example")
    world.account(olga)
    world.id_of(olga)
    others = [
        olga,
        world.support(group="billing-support-readonly"),
        world.support(group="Billing-Support"),
        world.support(group="billing-support "),
        world.person("sue@support.example", groups=[]),
        world.person("sue@support.example", groups=["billing-support"], email_verified=False),
    ]
    asked = len(world.zuora.requests)
    with world.unchanged():
        for who in others:
            answer = _import(world, zuora_id, who)
            assert (answer.status, answer.code) == (403, "forbidden")
    assert len(world.zuora.requests) == asked
    both = world.person("sue@support.example", groups=["billing-support-readonly", "billing-support"])
    assert _import(world, zuora_id, both).status == 201


def test_no_agent_imports_an_account_for_themselves(world: World) -> None:
    """R60, S25: its Sold To has to ask a colleague."""
    zuora_id = world.zuora_account("Sue@Support.EXAMPLE")
    with world.unchanged():
        answer = _import(world, zuora_id)
        assert (answer.status, answer.code) == (403, "own_address")
        assert "colleague" in answer.json["detail"]
    assert _import(world, zuora_id, world.support("sam@support.example")).status == 201


def test_every_import_needs_the_link_to_its_ticket(world: World) -> None:
    """R60, S25: an https link with a host and a path, and nothing hidden in it."""
    zuora_id = world.zuora_account()
    with world.unchanged():
        for link in BAD_LINKS:
            answer = _import(world, zuora_id, link=link)
            assert (answer.status, answer.code) == (422, "validation_failed"), link
            assert [each["field"] for each in answer.json["errors"]] == ["ticket_url"]
        missing = world.call("POST", PATH, world.support(), {"zuora_account_id": zuora_id})
        assert [each["field"] for each in missing.json["errors"]] == ["ticket_url"]
    assert world.zuora.requests == []
    assert [_import(world, zuora_id, link=link).status for link in GOOD_LINKS] == [201, 200, 200, 200]


def test_what_cannot_be_an_id_or_a_number_is_not_sent_to_zuora(world: World) -> None:
    """R53: nothing that was typed reaches a path of Zuora's API."""
    with world.unchanged():
        for key in BAD_KEYS:
            answer = _import(world, key)
            assert (answer.status, answer.code) == (422, "validation_failed"), key
    assert world.zuora.requests == []


def test_an_account_that_zuora_does_not_know_is_not_found(world: World) -> None:
    """R53: neither by id nor by number."""
    with world.unchanged():
        for key in ("8ad0877b00000000000000000000aaaa", "A99999999"):
            answer = _import(world, key)
            assert (answer.status, answer.code) == (404, "zuora_account_not_found")


@pytest.mark.parametrize("fault", ["http_503", "http_500_html", "malformed", "rate_limit", "rate_limit_no_header",
                                   "lock", "unauthorized"])  # fmt: skip
def test_nothing_happens_while_zuora_does_not_answer(world: World, fault: str) -> None:
    """R53, R57: 503 with Retry-After; accounts already imported are still answered, and later it works."""
    zuora_id = world.zuora_account()
    world.account(world.person("otto@beta.example"))
    known = world.items("Accounts")
    world.zuora.fail("GET /v1/accounts", fault)
    with world.unchanged():
        answer = _import(world, zuora_id)
        assert (answer.status, answer.code) == (503, "zuora_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        here = next(item["zuora_account_id"]["S"] for item in known if "zuora_account_id" in item)
        assert _import(world, here).status == 200
    world.zuora.heal()
    assert _import(world, zuora_id).status == 201


def test_nothing_happens_while_zuora_cannot_be_reached(
    issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R57: no connection at all."""
    with (
        fresh_world(issuer, zuora_server, monkeypatch, ZUORA_BASE_URL="http://127.0.0.1:1") as world,
        world.unchanged(),
    ):
        answer = _import(world, "8ad0877b00000000000000000000aaaa")
        assert (answer.status, answer.code) == (503, "zuora_unavailable")
