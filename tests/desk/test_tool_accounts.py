"""The support desk's tool for accounts, roles and invitations, as a person in a terminal uses it."""

import json
import re
from datetime import UTC, datetime, timedelta

import time_machine

from tests.desk.cli_runner import CONTRACT, FOR, Terminal, has
from tests.desk.conftest import Desk


def test_one_text_finds_everything_it_may_mean(desk: Desk, terminal: Terminal) -> None:
    """R61: a part of an address, a name with a dot in it, an account's number, its Zuora id; each record once."""
    account = desk.ok("GET", desk.path)
    for text in ("acme", account["account_number"], account["zuora_account_id"]):
        has(terminal.run("search", text), "Billing accounts", desk.account)
    found = json.loads(terminal.run("--json", "search", "acme").text)
    assert [[each["id"] for each in found[kind]] for kind in ("customers", "billing_accounts")] == [
        [desk.olga_id], [desk.account],
    ]  # fmt: skip
    assert [each["work_email"] for each in found["contacts"]] == ["olga@acme.example"]
    zuora_id = desk.world.zuora_account("hans@booking.example", name="Booking.com B.V.")
    made = has(terminal.run("account", "import", zuora_id, *FOR), "Booking.com B.V. is here")
    desk.world.pipeline.drain()
    has(terminal.run("search", "Booking.com"), *re.findall(r"acc_\w+", made), "Booking.com B.V.")
    has(terminal.run("search", "acme", "--status", "closed"), "Billing accounts: nothing")
    has(terminal.run("search", "acme", "--email", "olga@"), "either TEXT", code=2)


def test_a_list_says_when_there_is_more(desk: Desk, terminal: Terminal) -> None:
    """R61, R40: nobody takes the first page for everything; a program gets the page alone."""
    for name in ("nina", "nils"):
        desk.grant(f"{name}@acme.example")
    desk.world.pipeline.drain()
    has(terminal.run("search", "@acme.example", "--limit", "2"), "more than these 2", "--limit", "Customers")
    has(terminal.run("history", desk.account, "--limit", "1"), "more than these 1", "History", "membership_granted")
    assert "more than" not in terminal.run("search", "@acme.example", "--limit", "3").text


def test_ids_links_and_history_stay_whole_in_a_narrow_terminal(desk: Desk, terminal: Terminal) -> None:
    """A truncated or wrapped id cannot be copied into the next command."""
    narrow = Terminal(terminal.url, terminal.token, columns=60)
    for command in (("search", "@acme.example"), ("show", desk.account), ("show", desk.olga_id)):
        has(narrow.run(*command), desk.olga_id)
    link = narrow.run("customer", "sign-in-link", desk.olga_id, *FOR).text.splitlines()[0]
    assert re.fullmatch(r"https://\S+/sign-in#\S{80,}", link.strip()), link
    has(narrow.run("history", desk.olga_id), "sign_in_link_created", "by admin:sue@support.example on customer:")


def test_a_role_is_changed_and_an_account_is_edited(desk: Desk, terminal: Terminal) -> None:
    """R6, R7."""
    nina = desk.grant("nina@acme.example")["id"]
    has(terminal.run("role", desk.account, nina, "viewer", *FOR), "nina@acme.example is viewer now")
    has(terminal.run("role", desk.account, nina, "boss", *FOR), "boss", code=2)
    edit = ("account", "edit", desk.account, *FOR)
    has(terminal.run(*edit, "--max-managers", "2", "--managed-by", "admins"), "at most 2", "admins")
    has(
        terminal.run("invite", desk.account, "nils@acme.example", *CONTRACT, *FOR),
        "account_full",
        "desk account edit",
        code=1,
    )
    has(terminal.run(*edit, "--any-number"), "any number", "admins")
    has(terminal.run(*edit, "--any-number", "--max-managers", "3"), "either", code=2)
    has(terminal.run(*edit), "at least one of", code=1)


def test_the_channel_is_corrected(desk: Desk, terminal: Terminal) -> None:
    """R58: in the account and in the history; another edit leaves it as it is, and there are two channels."""
    edit = ("account", "edit", desk.account, *FOR)
    has(terminal.run(*edit, "--channel", "reseller"), "Acme Ltd", "channel", "reseller")
    (event,) = desk.history("account_edited")
    assert {name: event["data"][f"channel_{name}"] for name in ("before", "after")} == {
        "before": "direct", "after": "reseller",
    }  # fmt: skip
    has(terminal.run(*edit, "--plan", "team"), "team", "channel", "reseller")
    has(terminal.run("show", desk.account), "channel", "reseller")
    has(terminal.run(*edit, "--channel", "partner"), "partner", "direct", "reseller", code=2)
    has(terminal.run("account", "edit", "--help"), "the status, or the channel", "--channel", "direct", "reseller")


def test_what_zuora_lists_for_an_account_is_read_by_both_groups(desk: Desk, terminal: Terminal) -> None:
    """R56: empty here; the content of rows is covered by the tests of the lists."""
    reader = Terminal(terminal.url, desk.rob.token)
    for name in ("Subscriptions", "Invoices", "Payment methods"):
        has(reader.run("account", name.lower().replace(" ", "-"), desk.account), name)
    has(reader.run("sync", "drift"), "Drift: nothing")


def test_a_mail_that_bounced_is_seen_and_sent_to_a_corrected_address(desk: Desk, terminal: Terminal) -> None:
    """R25, R14: the handbook's workflow for typos."""
    invited = terminal.run("invite", desk.account, "nima@acme.example", *CONTRACT, *FOR)
    invitation = re.findall(r"inv_\w+", has(invited, "Invited."))[0]
    resend = ("resend", desk.account, invitation, "--email", "nina@acme.example", *FOR)
    has(terminal.run(*resend), "rate_limited", "again in:", "seconds", code=5)
    desk.world.pipeline.drain()
    has(terminal.run("show", desk.account), "Pending invitations", invitation, "nima@acme.example", "sent")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        has(terminal.run(*resend), "Sent again to nina@acme.example")
    has(terminal.run("revoke", desk.account, invitation, "--yes", *FOR), "revoked")
    has(terminal.run("invitations", desk.account), invitation, "nina@acme.example", "revoked")
    has(terminal.run("invitations", desk.account, "--status", "pending"), "Invitations: nothing")


def test_a_transfer_is_found_from_its_account_and_says_what_it_waits_for(desk: Desk, terminal: Terminal) -> None:
    """R66: a new owner without a name; the hint has the command that helps."""
    has(terminal.run("transfer", "show", desk.account), "never transferred", code=4)
    nina = desk.grant("nina@acme.example")["id"]
    proof = ("--method", "prior_contract", "--proof", "contract_url=https://files.example/contract-1")
    begin = ("transfer", "start", desk.account, "--from", desk.olga_id, "--to", nina, *proof, *FOR)
    asked = ("Transfer Acme Ltd", "from olga@acme.example", "to nina@acme.example")
    started = has(terminal.run(*begin, answer="y"), *asked, "Steps", "continues by itself")
    transfer = re.findall(r"tra_\w+", started)[0]
    desk.world.pipeline.drain()
    has(terminal.run("show", desk.account), "transfer", transfer, "under way")
    held_up = ("new_manager_has_no_name", f"desk customer edit {nina} --first-name", "new manager in", "done")
    has(terminal.run("transfer", "show", desk.account), transfer, "joined", *held_up)
