"""The support desk's command-line tool, as a person in a terminal uses it."""

import json
import re

import pytest

from tests.desk import zuora_worker
from tests.desk.cli_runner import CONTRACT, FOR, Terminal, has
from tests.desk.conftest import Desk


def test_a_support_case_from_search_to_history(desk: Desk, terminal: Terminal) -> None:
    """R61-R63, R40: find the account, look at it, grant, remove after a confirmation, read what happened."""
    has(terminal.run("search", "acme ltd"), "Billing accounts", desk.account, "Acme Ltd", "active")
    has(terminal.run("search", "@acme.example"), "Customers", "olga@acme.example", "Contacts", "sold_to")
    has(terminal.run("show", desk.account), "Acme Ltd", "Sold To", "olga@acme.example", "Managers", "admin")
    granted = terminal.run("grant", desk.account, "nina@acme.example", *CONTRACT, *FOR)
    nina = re.findall(r"cus_\w+", has(granted, "Granted.", "nina@acme.example", "new record", "Login: on", "Note:"))[0]
    has(terminal.run("show", nina), "nina@acme.example", "has signed in", "no", "Acme Ltd", "manager")
    removal = ("remove", desk.account, nina, "--reason", "Asked for it", *FOR)
    with desk.world.unchanged():
        has(
            terminal.run(*removal, answer="n"),
            "Login: on",
            "Remove nina@acme.example (manager) from Acme Ltd",
            "Aborted",
            code=1,
        )
    has(terminal.run(*removal, answer="y"), "Remove nina@acme.example (manager)", "Removed.")
    has(
        terminal.run("history", desk.account),
        "manager_removed", "admin:sue@support.example", "membership_granted", "method=prior_contract",
        "account_imported",
    )  # fmt: skip
    assert "account_imported" not in has(terminal.run("history", desk.account, "--type", "manager_removed"), nina)


def test_the_consequences_of_a_removal_are_shown_before_it_is_done(desk: Desk, terminal: Terminal) -> None:
    """R31, R32, R63: refused without the overrides, with the code; with them the consequences are named."""
    remove = ("remove", desk.account, desk.olga_id, "--reason", "Left the company", *FOR)
    has(terminal.run(*remove), "Refused:", "last_manager", "Next:", "--allow-last", code=1)
    has(terminal.run(*remove, "--allow-last"), "Refused:", "is_sold_to_contact", "Next:", "--override-contact", code=1)
    done = terminal.run(*remove, "--allow-last", "--override-contact", "--yes")
    has(done, "stays the Sold To", "Nobody would be left", "Removed.")


def test_invite_and_revoke(desk: Desk, terminal: Terminal) -> None:
    """R10, R19: the invitation is in the account's view until it is revoked."""
    invited = terminal.run("invite", desk.account, "nina@acme.example", "--days", "3", *CONTRACT, *FOR)
    invitation = re.findall(r"inv_\w+", has(invited, "Invited.", "until"))[0]
    has(terminal.run("show", desk.account), "Pending invitations", invitation, "nina@acme.example")
    has(
        terminal.run("revoke", desk.account, invitation, *FOR, answer="y"),
        "Revoke the invitation of nina@acme.example",
        invitation,
        "revoked",
    )
    has(terminal.run("show", desk.account), "Pending invitations: nothing")


def test_the_login_goes_off_and_only_with_a_confirmation_on_again(desk: Desk, terminal: Terminal) -> None:
    """R3, R64."""
    last = ("--allow-last", "--reason", "They asked for it.")
    has(terminal.run("login", "off", desk.olga_id, *last, *FOR, answer="y"), "olga@acme.example is off")
    desk.world.pipeline.drain()
    has(terminal.run("search", "--login-off"), "Customers", "olga@acme.example", "off")
    refused = terminal.run("login", "on", desk.olga_id, *FOR)
    has(
        refused,
        "deliberately_deactivated",
        "deactivated_by: admin:sue@support.example",
        "--confirm-reactivation",
        code=1,
    )
    has(terminal.run("show", desk.olga_id), "off, switched by admin:sue@support.example")
    has(terminal.run("login", "on", desk.olga_id, "--confirm-reactivation", *FOR), "is on")


def test_a_customer_is_edited_after_a_preview_of_the_contacts_that_follow(desk: Desk, terminal: Terminal) -> None:
    """R52, R64: the dry run changes nothing; then the edit is done, and a taken address is explained."""
    edit = ("customer", "edit", desk.olga_id, "--email", "olivia@acme.example", "--first-name", "Olivia", *FOR)
    with desk.world.unchanged():
        has(
            terminal.run(*edit, "--dry-run"),
            "The customer",
            "Olivia",
            "Zuora contacts",
            "sold_to, bill_to",
            "olga@acme.example",
            "olivia@acme.example",
            "dry run",
        )
    has(terminal.run(*edit, answer="y"), "Zuora contacts that follow", "Changed.", "olivia@acme.example")
    created = terminal.run(
        "customer", "create", "carl@acme.example", "--first-name", "Carl", "--last-name", "Colleague", *FOR
    )
    carl = re.findall(r"cus_\w+", has(created, "Created."))[0]
    taken = terminal.run("customer", "edit", carl, "--email", "olivia@acme.example", *FOR)
    has(taken, "email_taken", f"customer_id: {desk.olga_id}", "use: transfer", f"desk show {desk.olga_id}", code=1)
    has(terminal.run("customer", "sign-in-link", carl, *FOR), "/sign-in#", "for one use")


def test_a_transfer_is_started_watched_and_cancelled(desk: Desk, terminal: Terminal) -> None:
    """R66: step by step, for people and for programs."""
    begin = ("transfer", "start", desk.account, "--from", desk.olga_id, "--to", "nina@acme.example", *CONTRACT, *FOR)
    started = has(terminal.run(*begin, answer="y"), "new manager in", "current", "old manager out", "open")
    transfer = re.findall(r"tra_\w+", started)[0]
    has(terminal.run(*begin, "--yes"), "transfer_open", f"transfer_id: {transfer}", code=1)
    desk.world.pipeline.drain()
    has(
        terminal.run("transfer", "show", desk.account, transfer),
        "the new owner's acceptance",
        "inv_",
        "nina@acme.example, pending, mail sent",
    )
    has(terminal.run("transfer", "cancel", desk.account, transfer, *FOR, answer="y"), "cancelled")
    assert zuora_worker.assignment_of(desk.world, desk.account) is None
    has(terminal.run("transfer", "show", desk.account, transfer, "--wait", "5"), "cancelled", code=1)
    has(terminal.run("transfer", "cancel", desk.account, "tra_unknown", "--yes", *FOR), "transfer_not_found", code=4)


def test_programs_get_json_and_nothing_else(desk: Desk, terminal: Terminal) -> None:
    """As the API returns it, without colours, also for empty results."""
    account = json.loads(terminal.run("--json", "show", desk.account).text)
    assert (account["id"], len(account["managers"]), account["invitations"]) == (desk.account, 1, [])
    found = json.loads(terminal.run("--json", "search", "nobody").text)
    assert found == {"customers": [], "billing_accounts": [], "contacts": []}
    (event,) = json.loads(terminal.run("--json", "history", desk.account, "--limit", "1").text)
    assert event["account_id"] == desk.account


def test_exit_codes_tell_programs_what_went_wrong(desk: Desk, terminal: Terminal) -> None:
    """1 refused, 2 usage, 3 not allowed, 4 not found, 5 unavailable."""
    rob = Terminal(terminal.url, desk.rob.token)
    has(rob.run("show", desk.account), "Acme Ltd")
    has(rob.run("invite", desk.account, "nina@acme.example", *CONTRACT, *FOR), "Refused:", "forbidden", code=3)
    has(Terminal(terminal.url, "nonsense").run("show", desk.account), "unauthenticated", code=3)
    has(terminal.run("show", "acc_unknown"), "account_not_found", code=4)
    has(terminal.run("grant", desk.account, "x@acme.example", "--method", "vouched", *FOR), "Invalid value", code=2)
    has(terminal.run("grant", desk.account, "x@acme.example", *CONTRACT), "--ticket", code=2)
    has(terminal.run("invite", desk.account, "x@acme.example", *CONTRACT, "--ticket", "4711"), "ticket_url", code=1)
    has(terminal.run("search"), "say what to search for", code=2)
    has(Terminal("http://127.0.0.1:9", "x").run("show", "acc_1"), "does not answer", code=5)
    has(terminal.run("show", desk.account, DESK_TOKEN="", DESK_TOKEN_COMMAND="false"), "failed", code=2)
    has(terminal.run("show", desk.account, DESK_TOKEN="", DESK_TOKEN_COMMAND=f"echo {desk.sue.token}"), "Acme Ltd")


def test_a_person_is_erased_after_typing_the_address(desk: Desk, terminal: Terminal) -> None:
    """A wrong address is refused, and nothing has happened."""
    nina = desk.grant("nina@acme.example")["id"]
    erase = ("customer", "erase", nina, *FOR)
    with desk.world.unchanged():
        wrong = terminal.run(*erase, answer="olga@acme.example")
        has(wrong, "This cannot be undone", "confirm_email: is not the address of this person", code=1)
    has(terminal.run(*erase, answer="nina@acme.example"), "Erased.", "1 memberships")


def test_names_that_customers_typed_cannot_disguise_themselves(desk: Desk, terminal: Terminal) -> None:
    """R27: neither markup nor terminal escape sequences get through."""
    desk.ok("PATCH", f"/v1/support/customers/{desk.olga_id}", {"first_name": "[red]Olga[/red]"})
    has(terminal.run("show", desk.olga_id), "[red]Olga[/red]")


def test_weak_evidence_is_refused_with_its_reason(
    desk: Desk, terminal: Terminal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """R62: a licence is read from a file; a picture is not one."""
    folder = tmp_path_factory.mktemp("proof")
    picture = folder / "picture.txt"
    picture.write_text("https://files.example/licence.png")
    grant = ("grant", desk.account, "nina@acme.example", "--method", "license_text", *FOR)
    has(
        terminal.run(*grant, "--proof", f"license_text=@{picture}"),
        "verification_insufficient",
        "reason: screenshot",
        code=1,
    )
    has(terminal.run(*grant, "--proof", f"license_text=@{folder / 'none'}"), "cannot read", code=2)
    has(terminal.run(*grant, "--proof", "license_text"), "is not NAME=VALUE", code=2)
    picture.write_text("eyJkYXRhIjoiYSBsb25nIGxpY2Vuc2UgdGV4dCJ9 of many lines")
    has(terminal.run(*grant, "--proof", f"license_text=@{picture}"), "Granted.")


def test_many_accounts_are_imported_from_a_file(
    desk: Desk, terminal: Terminal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """R53: what cannot be imported is reported, and a second run does nothing again."""
    file = tmp_path_factory.mktemp("import") / "accounts.csv"
    file.write_text(f"zuora_account_id\n{desk.world.zuora_account('otto@other.example')}\nunknown-account\n")
    has(terminal.run("import-accounts", str(file), *FOR), "1 imported", "1 failed", "zuora_account_not_found", code=1)
    with desk.world.unchanged():
        has(terminal.run("import-accounts", str(file), *FOR), "1 imported", "1 failed", code=1)
    ended = terminal.run("--json", "import-accounts", str(file), *FOR).text
    entries = json.loads(ended[ended.rindex("\n[") :])
    assert [each["outcome"] for each in entries] == ["imported", "failed"]
    has(
        terminal.run("import-accounts", str(file), "--ticket", "4711", "--again"),
        "Stopped:",
        "link to a ticket",
        code=2,
    )
    has(terminal.run("import-accounts", str(file.with_name("none.csv")), *FOR), "does not exist", code=2)


def test_the_shell_completes_commands_and_choices(terminal: Terminal) -> None:
    """What bash requests while a person types."""
    for typed, place, offered in (("desk tra", "1", "transfer"), ("desk grant --method sold", "3", "sold_to_approval")):
        asked = {"_DESK_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": place}
        has(terminal.run(**asked), offered)
    assert "_DESK_COMPLETE=complete_bash" in terminal.run_from_bash("--show-completion").text
