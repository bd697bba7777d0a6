"""What each function's role allows and refuses, on an AWS that enforces policies."""

import pytest

from devstack.stack import Stack
from tests.e2e import roles
from tests.e2e.roles import Call, Role, resources_of
from tests.environment import tables

API, RELAY, SWEEP, EMAILS = ("APIHandler", "Relay", "Sweep", "Emails")
SCHEDULE, SCRUB, FEEDBACK = ("InvitationSchedule", "ScrubInvitations", "Feedback")
FUNCTIONS: tuple[str, ...] = (API, RELAY, SWEEP, EMAILS, SCHEDULE, SCRUB, FEEDBACK)
TABLES = tuple(tables())
STATE = tuple(table for table in TABLES if table != "History")
QUEUES = ("EmailQueue", "EmailDeadLetters", "RelayDeadLetters", "FeedbackQueue", "FeedbackDeadLetters")


@pytest.fixture(scope="module")
def acting(stack: Stack) -> dict[str, Role]:
    """The roles of all deployed functions, by logical id."""
    found = resources_of(stack)
    functions = [each["LogicalResourceId"] for each in found if each["ResourceType"] == "AWS::Lambda::Function"]
    assert set(FUNCTIONS) <= set(functions)
    return {function: Role(stack, function) for function in functions}


def writes(table: str) -> dict[str, Call]:
    """Every way to change an item."""
    return {
        f"put {table}": roles.put(table),
        f"update {table}": roles.update(table),
        f"delete {table}": roles.delete(table),
        **{f"{kind} {table} in a transaction": roles.transact(kind, table) for kind in ("Put", "Update", "Delete")},
    }


def all_of(table: str) -> dict[str, Call]:
    """Every way to read or change an item."""
    return {
        f"read {table}": roles.read(table),
        f"query {table}": roles.query(table),
        f"scan {table}": roles.scan(table),
        **writes(table),
    }


def merged(*parts: dict[str, Call]) -> dict[str, Call]:
    return {name: call for part in parts for name, call in part.items()}


NOBODY: dict[str, Call] = {
    "delete History": roles.delete("History"),
    "Delete History in a transaction": roles.transact("Delete", "History"),
    **{f"scan {table}": roles.scan(table) for table in TABLES},
    **{f"purge {queue}": roles.purge(queue) for queue in QUEUES},
    "drop a table": roles.drop_table,
    "change a secret": roles.change_secret,
    "change rights": roles.change_rights,
    "take another role": roles.take_another_role,
    "change code": roles.change_code,
    "read files": roles.read_files,
}

ALLOWED: dict[str, dict[str, Call]] = {
    API: {
        "read Accounts": roles.read("Accounts"),
        "query History": roles.query("History"),
        "Put History in a transaction": roles.transact("Put", "History"),
        "Update Accounts in a transaction": roles.transact("Update", "Accounts"),
        "ConditionCheck Memberships in a transaction": roles.transact("ConditionCheck", "Memberships"),
        "read TokenKeys": roles.secret("TokenKeys"),
        "read PseudonymKey": roles.secret("PseudonymKey"),
    },
    RELAY: {"update History": roles.update("History")},
    SWEEP: {
        "update History": roles.update("History"),
        "read History": roles.read("History"),
        "query unrelayed": roles.query("History", "unrelayed", "outbox"),
    },
    EMAILS: {
        "read Customers": roles.read("Customers"),
        "query Memberships": roles.query("Memberships"),
        "Put Deliveries in a transaction": roles.transact("Put", "Deliveries"),
        "Update Customers in a transaction": roles.transact("Update", "Customers"),
        "read Limits": roles.read("Limits"),
        "Update Limits in a transaction": roles.transact("Update", "Limits"),
        "read TokenKeys": roles.secret("TokenKeys"),
        "read PseudonymKey": roles.secret("PseudonymKey"),
        "look at EmailQueue": roles.look_at_queue("EmailQueue"),
        "send mail": roles.send_mail,
    },
    SCHEDULE: {
        "query due": roles.query("Invitations", "due", "due"),
        "read Invitations": roles.read("Invitations"),
        "Update Invitations in a transaction": roles.transact("Update", "Invitations"),
        "Update Accounts in a transaction": roles.transact("Update", "Accounts"),
        "Put History in a transaction": roles.transact("Put", "History"),
    },
    SCRUB: {
        "query due": roles.query("Invitations", "due", "due"),
        "read Invitations": roles.read("Invitations"),
        "Update Invitations in a transaction": roles.transact("Update", "Invitations"),
        "Put History in a transaction": roles.transact("Put", "History"),
    },
    FEEDBACK: {
        "read Invitations": roles.read("Invitations"),
        "Update Invitations in a transaction": roles.transact("Update", "Invitations"),
        "read Customers": roles.read("Customers"),
        "Update Customers in a transaction": roles.transact("Update", "Customers"),
        "Update Limits in a transaction": roles.transact("Update", "Limits"),
        "Put History in a transaction": roles.transact("Put", "History"),
        "read PseudonymKey": roles.secret("PseudonymKey"),
        "look at FeedbackQueue": roles.look_at_queue("FeedbackQueue"),
    },
}

_NO_MESSENGER: dict[str, Call] = {
    "put Invitations": roles.put("Invitations"),
    "update History": roles.update("History"),
    "query unrelayed": roles.query("History", "unrelayed", "outbox"),
    "read TokenKeys": roles.secret("TokenKeys"),
    "read ZuoraCredentials": roles.secret("ZuoraCredentials"),
    "send mail": roles.send_mail,
    "send to EmailQueue": roles.send_message("EmailQueue"),
    "receive from EmailQueue": roles.receive_message("EmailQueue"),
}

REFUSED: dict[str, dict[str, Call]] = {
    API: merged(
        {"send mail": roles.send_mail},
        {f"send to {queue}": roles.send_message(queue) for queue in QUEUES},
        {f"receive from {queue}": roles.receive_message(queue) for queue in QUEUES},
        {
            "update History": roles.update("History"),
            "Update History in a transaction": roles.transact("Update", "History"),
            "query unrelayed": roles.query("History", "unrelayed", "outbox"),
            "delete Accounts": roles.delete("Accounts"),
            "put Search": roles.put("Search"),
            "delete Deliveries": roles.delete("Deliveries"),
        },
    ),
    RELAY: merged(
        *[all_of(table) for table in STATE],
        {
            "put History": roles.put("History"),
            "read History": roles.read("History"),
            "read TokenKeys": roles.secret("TokenKeys"),
            "read PseudonymKey": roles.secret("PseudonymKey"),
            "read ZuoraCredentials": roles.secret("ZuoraCredentials"),
            "send mail": roles.send_mail,
            "receive from EmailQueue": roles.receive_message("EmailQueue"),
        },
    ),
    SWEEP: merged(
        *[all_of(table) for table in STATE],
        {
            "put History": roles.put("History"),
            "query History": roles.query("History"),
            "read TokenKeys": roles.secret("TokenKeys"),
            "read PseudonymKey": roles.secret("PseudonymKey"),
            "read ZuoraCredentials": roles.secret("ZuoraCredentials"),
            "send mail": roles.send_mail,
            "receive from EmailQueue": roles.receive_message("EmailQueue"),
        },
    ),
    EMAILS: merged(
        *[writes(table) for table in TABLES if table not in ("Invitations", "Deliveries", "Customers", "Limits")],
        {
            "put Limits": roles.put("Limits"),
            "delete Limits": roles.delete("Limits"),
            "put Customers": roles.put("Customers"),
            "delete Customers": roles.delete("Customers"),
            "put Invitations": roles.put("Invitations"),
            "delete Invitations": roles.delete("Invitations"),
            "read ZuoraCredentials": roles.secret("ZuoraCredentials"),
            "send to EmailQueue": roles.send_message("EmailQueue"),
            "receive from EmailDeadLetters": roles.receive_message("EmailDeadLetters"),
        },
    ),
    SCHEDULE: merged(
        *[all_of(table) for table in ("Customers", "Contacts", "Deliveries", "Idempotency", "Limits")],
        _NO_MESSENGER,
        {"read PseudonymKey": roles.secret("PseudonymKey")},
    ),
    SCRUB: merged(
        *[all_of(table) for table in STATE if table != "Invitations"],
        _NO_MESSENGER,
        {
            "read PseudonymKey": roles.secret("PseudonymKey"),
            "delete Invitations": roles.delete("Invitations"),
        },
    ),
    FEEDBACK: merged(
        *[all_of(table) for table in STATE if table not in ("Invitations", "Limits", "Customers")],
        _NO_MESSENGER,
        {
            "put Customers": roles.put("Customers"),
            "delete Customers": roles.delete("Customers"),
            "delete Invitations": roles.delete("Invitations"),
            "delete Limits": roles.delete("Limits"),
            "send to FeedbackQueue": roles.send_message("FeedbackQueue"),
        },
    ),
}

DESK = ("IndexSearch", "AdvanceTransfers", "NudgeTransfers")
FUNCTIONS += DESK
ALLOWED |= {
    "IndexSearch": {"read Customers": roles.read("Customers"), "Put Search": roles.transact("Put", "Search")},
    "AdvanceTransfers": {"Put Transfers": roles.transact("Put", "Transfers"), "read Accounts": roles.read("Accounts")},
    "NudgeTransfers": {"query open": roles.query("Transfers", "open", "open")},
}
REFUSED["IndexSearch"] = merged(
    *[writes(table) for table in TABLES if table != "Search"],
    {"query Invitations": roles.query("Invitations"), "read TokenKeys": roles.secret("TokenKeys")},
)
REFUSED |= {
    function: merged(
        {"put Search": roles.put("Search"), "send mail": roles.send_mail, "put Deliveries": roles.put("Deliveries")},
        {"delete Accounts": roles.delete("Accounts"), "delete Customers": roles.delete("Customers")},
        {"read PortalCredential": roles.secret("PortalCredential")},
    )
    for function in DESK[1:]
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_its_work(acting: dict[str, Role], function: str) -> None:
    """The control: the refusals below do not come from a role without any rights."""
    assert {name for name, call in ALLOWED[function].items() if not acting[function].may(call)} == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_else(acting: dict[str, Role], function: str) -> None:
    """I5, I6, I8: even a function that was taken over cannot do this."""
    assert {name for name, call in REFUSED[function].items() if acting[function].may(call)} == set()


def test_no_function_deletes_history_scans_or_changes_rights(acting: dict[str, Role]) -> None:
    """I5: for every function that is deployed, also for later ones."""
    could = {(function, name) for function, role in acting.items() for name, call in NOBODY.items() if role.may(call)}
    assert could == set()
