"""The round-trip budgets, counted: calls to DynamoDB, attempts, time-outs, clients."""

import ast
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

import chalicelib
from chalicelib import wiring
from chalicelib.clients.mailer import Mailer
from chalicelib.functions import emails, relay
from chalicelib.store import connection, identities
from chalicelib.store.tables import MODELS
from devstack.package import ROOT
from tests.events import schedule_event, sqs_event, stream_event
from tests.flows.test_contact_sync import contact_ids
from tests.flows.two_manager_case import Case, Snapshot
from tests.gateway import Context, Response
from tests.world import TICKET, World

G, Q, T, U = "BatchGetItem", "Query", "TransactWriteItems", "UpdateItem"
Steps = list[str]
Body = dict[str, Any]


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Case]:
    return Snapshot(Case(tables))


@pytest.fixture
def case(beginning: Snapshot[Case]) -> Case:
    return beginning.again()


def get(path: str) -> Callable[[Case], Response]:
    return lambda case: case.world.call("GET", path.format(account=case.path), case.olga)


def accepting(case: Case) -> Callable[[], Response]:
    _, token = case.invited()
    return lambda: case.accept(token)


def accepting_again(case: Case) -> Callable[[], Response]:
    _, token = case.invited()
    assert case.accept(token).status == 201
    return lambda: case.accept(token)


def token_for_known(case: Case) -> str:
    """The token of an invitation to Dave, who has managed the account before."""
    _, token = case.invited()
    assert case.accept(token).status == 201
    assert case.remove(case.world.id_of(case.dave), case.olga).status == 204
    return case.invited()[1]


def accepting_as_known(case: Case) -> Callable[[], Response]:
    token = token_for_known(case)
    return lambda: case.accept(token)


def previewing(case: Case) -> Callable[[], Response]:
    _, token = case.invited()
    return lambda: case.world.call("POST", "/v1/invitations/preview", None, {"token": token})


def previewing_signed_in(case: Case) -> Callable[[], Response]:
    token = token_for_known(case)
    return lambda: case.world.call("POST", "/v1/invitations/preview", case.dave, {"token": token})


def revoking(case: Case) -> Callable[[], Response]:
    invitation_id, _ = case.invited()
    return lambda: case.revoke(invitation_id)


def viewing_invitation(case: Case) -> Callable[[], Response]:
    invitation_id, _ = case.invited()
    return lambda: case.world.call("GET", f"{case.path}/invitations/{invitation_id}", case.olga)


def inbox(case: Case) -> Callable[[], Response]:
    case.invited()
    return lambda: case.world.call("GET", "/v1/me/invitations", case.dave)


def removing_with_invitations(case: Case) -> Callable[[], Response]:
    case.invited(who=case.carl)
    return lambda: case.remove(case.carls_id, case.olga)


def importing(case: Case) -> Callable[[], Response]:
    body = {"zuora_account_id": case.world.zuora_account("paul@paul.example"), "ticket_url": TICKET}
    return lambda: case.world.call("POST", "/v1/support/billing-accounts", case.world.support(), body)


def simply(request: Callable[[Case], Response]) -> Callable[[Case], Callable[[], Response]]:
    return lambda case: lambda: request(case)


# operation: its preparation and request, the calls in a warm function, the calls in a cold one
READS: dict[str, tuple[Callable[[Case], Callable[[], Response]], Steps, Steps]] = {
    "health": (simply(get("/health")), [], []),
    "openapi": (simply(get("/openapi.json")), [], []),
    "me": (simply(get("/v1/me")), [Q, G], [Q, G, G]),
    "accounts": (simply(get("/v1/billing-accounts")), [Q, G], [G, G, Q, G]),
    "account": (simply(get("{account}")), [G], [G, G]),
    "permissions": (simply(get("{account}/permissions")), [G], [G, G]),
    "managers": (simply(get("{account}/managers")), [Q, G], [Q, G, G]),
    "pending invitations": (simply(get("{account}/invitations")), [G, Q], [G, G, Q]),
    "all invitations": (simply(get("{account}/invitations?status=accepted&status=pending")), [G, Q], [G, G, Q]),
    "invitation": (viewing_invitation, [G], [G, G]),
    "history": (simply(get("{account}/history")), [G, Q], [G, G, Q]),
    "preview": (previewing, [G], [G]),
    "preview signed in": (previewing_signed_in, [G, G], [G, G]),
    "inbox": (inbox, [Q, G], [Q, G]),
}
WRITES: dict[str, tuple[Callable[[Case], Callable[[], Response]], Steps, Steps]] = {
    "invite": (simply(lambda case: case.invite()), [G, T], [G, G, T]),
    "invite with a key": (simply(lambda case: case.invite(key="once")), [G, T], [G, G, T]),
    "revoke": (revoking, [G, T], [G, G, T]),
    "accept as a new customer": (accepting, [G, T], [G, T]),
    "accept as a known customer": (accepting_as_known, [G, T], [G, G, T]),
    "accept again": (accepting_again, [G], [G, G]),
    "change a role": (
        simply(lambda case: case.give_role(case.carls_id, "manager", case.olga)),
        [G, T],
        [G, G, T],
    ),
    "remove": (simply(lambda case: case.remove(case.carls_id, case.olga)), [G, T], [G, G, T]),
    "leave": (simply(lambda case: case.world.call("POST", f"{case.path}/leave", case.carl)), [G, T], [G, G, T]),
}
# Above the budget, each for a reason
BEYOND: dict[str, tuple[Callable[[Case], Callable[[], Response]], Steps, Steps]] = {
    # the invitations are known only from the membership that is read first
    "remove with invitations": (removing_with_invitations, [G, G, T], [G, G, G, T]),
    # several calls to Zuora are between these
    "import": (importing, [G, G, G, T], [G, G, G, G, T]),
}


def as_support(method: str, path: str, body: Body | None = None) -> Callable[[Case], Callable[[], Response]]:
    """A request of support about the contact that is the account's Sold To."""

    def prepare(case: Case) -> Callable[[], Response]:
        url = path.format(contact=contact_ids(case.world, case.account)["sold_to"])
        sent = None if body is None else {**body, "ticket_url": TICKET}
        return lambda: case.world.call(method, url, case.world.support(), sent)

    return prepare


def choosing(part: str, body: Callable[[Case], Body]) -> Callable[[Case], Callable[[], Response]]:
    return lambda case: lambda: case.world.call("PUT", f"{case.path}/contacts/{part}", case.olga, body(case))


CONTACT = "/v1/support/contacts/{contact}"
TYPED = {"first_name": "Bea", "last_name": "Counter", "work_email": "ap@acme.example", "country": "Austria"}
READS |= {
    "contacts": (simply(get("{account}/contacts")), [G, G], [G, G, G]),
    "invoices": (simply(get("{account}/invoices")), [G], [G, G]),
    "contact for support": (as_support("GET", CONTACT), [G, G], [G, G, G]),
    "out of step": (as_support("GET", "/v1/support/sync"), [Q], [G, Q]),
    "drift": (as_support("GET", "/v1/support/drift"), [Q], [G, Q]),
}
WRITES |= {
    "choose a manager": (choosing("sold-to", lambda case: {"manager_id": case.carls_id}), [G, T], [G, G, T]),
    "choose a custom contact": (choosing("bill-to", lambda _: {"contact": TYPED}), [G, T], [G, G, T]),
}
BEYOND |= {
    # the accounts are known by the person, the contacts by the accounts
    "take one's new address over": (
        simply(lambda case: case.world.call("POST", "/v1/me/email", case.world.moved(case.olga, "olga@new.example"))),
        [G, Q, G, G, T],
        [G, G, Q, G, G, T],
    ),
    # the answer counts what waits for the person, as GET /v1/me does
    "edit one's own record": (
        simply(lambda case: case.world.call("PATCH", "/v1/me", case.olga, {"first_name": "Olivia"})),
        [Q, G, T],
        [Q, G, G, T],
    ),
    # the account is known by the contact, and whether support manages it by the account
    "edit a contact": (as_support("PATCH", CONTACT, {"city": "Graz"}), [G, G, G, T], [G, G, G, G, T]),
    "force a sync": (as_support("POST", f"{CONTACT}/sync", {}), [G, G, G, T], [G, G, G, G, T]),
    # a contact had a history of its own before its account came
    "contact history": (as_support("GET", f"{CONTACT}/history"), [G, Q, Q], [G, G, Q, Q]),
}
OPERATIONS = READS | WRITES | BEYOND


def counted(case: Case, name: str, *, cold: bool) -> Steps:
    """The calls to DynamoDB of one operation by somebody whom this process has seen before, or has not."""
    request = OPERATIONS[name][0](case)
    for who in (case.olga, case.carl):
        case.world.id_of(who)
    case.world.ok("GET", "/v1/support/sync", case.world.support())
    if cold:
        identities.forget_all()
    with case.world.calls_to_dynamodb() as calls:
        response = request()
    assert response.status < 300, f"{name}: {response.status} {response.text}"
    return calls


def table(found: dict[str, tuple[Steps, Steps]]) -> str:
    """The counts as a table."""
    rows = [f"{name:28} {len(warm)} {len(cold)}   {warm}  {cold}" for name, (warm, cold) in found.items()]
    return "\n".join(["", f"{'operation':28} warm cold", *rows])


def test_every_operation_makes_exactly_these_round_trips(beginning: Snapshot[Case]) -> None:
    """A change of any number shows here, with the whole table."""
    found = {
        name: (counted(beginning.again(), name, cold=False), counted(beginning.again(), name, cold=True))
        for name in OPERATIONS
    }
    wanted = {name: (warm, cold) for name, (_, warm, cold) in OPERATIONS.items()}
    assert found == wanted, table(found)


def test_the_table_keeps_the_budgets() -> None:
    """Reads: at most 2 warm. Writes: at most 2 warm and 3 cold."""
    assert all(len(warm) <= 2 for _, warm, _ in READS.values())
    assert all(len(warm) <= 2 and len(cold) <= 3 for _, warm, cold in WRITES.values())
    assert all("Scan" not in warm + cold for _, warm, cold in OPERATIONS.values())


def test_a_list_costs_the_same_however_long_it_is(case: Case) -> None:
    """No query per item: fifteen invitations and their managers cost the same as one."""
    for number in range(14):
        assert case.invite(f"guest{number}@acme.example").status == 201
    case.world.id_of(case.olga)
    for path in ("invitations", "managers", "history?limit=100", "invitations?status=pending&status=revoked"):
        with case.world.calls_to_dynamodb() as calls:
            case.world.ok("GET", f"{case.path}/{path}", case.olga)
        assert len(calls) == 2, path


def test_a_refused_token_costs_no_round_trip(case: Case) -> None:
    """S4, S20: nobody can make us read by guessing."""
    _, token = case.invited()
    for wrong in ("", "x", token[:-1], token + "x", token.replace(".", "")):
        with case.world.calls_to_dynamodb() as calls:
            assert case.accept(wrong).code == "invitation_not_found"
        assert calls == []


def worker(work: Callable[[], object], case: Case) -> Steps:
    with case.world.calls_to_dynamodb() as calls:
        work()
    return calls


def test_the_workers_make_exactly_these_round_trips(case: Case) -> None:
    """The relay marks; the sweep queries once and then costs what it finds; each mail is claimed and marked."""
    case.invite()
    image = case.world.pipeline.history()[-1]
    assert worker(lambda: relay.relay(stream_event([image]), Context()), case) == [U]
    assert worker(lambda: relay.sweep(schedule_event(), Context()), case) == [Q]
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": json.dumps({name: image[name]["S"] for name in ("stream", "event_id", "type")}),
    }
    batch = sqs_event([message])
    assert worker(lambda: emails.emails(batch, Context()), case) == [G, G, G, G, T, G, T]
    assert worker(lambda: emails.emails(batch, Context()), case) == [G, G, G, G]
    case.invite("erin@acme.example")
    with time_machine.travel(wiring.now() + timedelta(minutes=2), tick=True):
        assert worker(lambda: relay.sweep(schedule_event(), Context()), case) == [Q, G, U]


def test_no_function_may_scan() -> None:
    """No Scan anywhere: not one policy allows it."""
    policies = sorted((ROOT / ".chalice").glob("policy-*.json"))
    assert len(policies) >= 4
    for policy in policies:
        for statement in json.loads(policy.read_text())["Statement"]:
            allowed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not [action for action in allowed if "Scan" in action or action.endswith("*")], policy.name


def test_all_models_share_one_client(tables: World) -> None:
    """One client costs 44 ms and 44 MB, one per model six times as much."""
    shared = connection.client()
    assert MODELS
    assert all(model._get_connection().connection.client is shared for model in MODELS.values())  # noqa: SLF001 -- what it would use


@pytest.fixture
def clients(tables: World) -> dict[str, Any]:
    """Every AWS client of the service."""
    return {
        "dynamodb": connection.client(),
        "sqs": wiring.queues()._sqs,  # noqa: SLF001 -- what it would use
        "secretsmanager": wiring.secrets()._manager,  # noqa: SLF001 -- what it would use
        "sesv2": Mailer("billing@portal.example")._ses,  # noqa: SLF001 -- what it would use
    }


@pytest.mark.parametrize(
    ("name", "connect", "read", "attempts"),
    [("dynamodb", 1, 3, 3), ("sqs", 2, 5, 3), ("secretsmanager", 1, 3, 3), ("sesv2", 2, 5, 1)],
)
def test_every_client_has_its_time_outs_and_attempts(
    clients: dict[str, Any], name: str, connect: int, read: int, attempts: int
) -> None:
    """I7: SES makes one attempt per call. Nothing waits for botocore's two times sixty seconds."""
    config = clients[name].meta.config
    assert (config.connect_timeout, config.read_timeout) == (connect, read)
    assert config.retries["total_max_attempts"] == attempts


def test_no_client_is_made_without_a_configuration() -> None:
    """Every new client needs explicit time-outs."""
    made = []
    for source in Path(chalicelib.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                told = {keyword.arg for keyword in node.keywords}
                if node.func.attr in {"create_client", "resource"} or ast.unparse(node.func) == "aws.client":
                    made.append((source.name, "config" in told))
    assert len(made) >= 6
    assert [name for name, configured in made if not configured] == []
