"""The support desk's tool for contacts and for what is out of sync with Zuora, as a person in a terminal uses it."""

import re

from tests.desk.cli_runner import FOR, Terminal, has
from tests.desk.conftest import Desk


def contact_of(desk: Desk) -> str:
    """The contact that is Sold To and Bill To."""
    return str(desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"])


def test_a_contact_is_edited_after_its_role_is_shown(desk: Desk, terminal: Terminal) -> None:
    """R65, R51: a dry run and an edit without changes do nothing; then Zuora follows, as the account shows."""
    contact = contact_of(desk)
    edit = ("contact", "edit", contact, "--city", "Graz", *FOR)
    with desk.world.unchanged():
        has(terminal.run(*edit, "--dry-run"), "city", "Graz", "Sold To and Bill To", "Nothing was changed")
        has(terminal.run(*edit, answer="n"), "Sold To and Bill To", f"Change olga@acme.example ({contact})", code=1)
    has(terminal.run(*edit, answer="y"), "Changed.")
    has(terminal.run("show", desk.account), "Sold To", contact, "pending")
    has(terminal.run("sync", "status", "--state", "pending"), "Out of step", desk.account, contact, "pending")
    desk.world.pipeline.drain()
    has(terminal.run("show", contact), "Graz", "synced")
    has(terminal.run("sync", "status"), "Out of step: nothing")
    told = ("contact_edited", "fields=city", 'city: "" → "Graz"')
    assert "city_" not in has(terminal.run("history", contact, "--type", "contact_edited"), *told)


def test_what_zuora_refuses_is_listed_and_can_be_reverted_to_zuoras_values(desk: Desk, terminal: Terminal) -> None:
    """R57, R65."""
    contact = contact_of(desk)
    has(terminal.run("contact", "edit", contact, "--country", "Ivory Coast", "--yes", *FOR), "Changed.")
    desk.world.pipeline.drain()
    has(terminal.run("sync", "status"), contact, "failed")
    has(terminal.run("contact", "sync", contact, "--prefer", "zuora", *FOR), contact, "pending")
    desk.world.pipeline.drain()
    has(terminal.run("show", contact), "Germany", "synced")


def test_a_contact_that_only_zuora_knows_is_added(desk: Desk, terminal: Terminal) -> None:
    """R53: until then the refusal names the command."""
    other = desk.world.zuora.do("GET", f"/v1/accounts/{desk.world.zuora_account('otto@other.example')}")
    contact = other["soldToContact"]["id"]
    has(terminal.run("show", contact), "contact_not_found", "Next:", "desk contact add", code=4)
    has(terminal.run("contact", "add", contact, *FOR), contact, "otto@other.example", "synced")
    has(terminal.run("history", contact), "contact_added", "admin:sue@support.example")


def test_contacts_are_found_with_the_account_they_belong_to(desk: Desk, terminal: Terminal) -> None:
    """R61: its id is what the next command needs; filters narrow the list."""
    found = has(terminal.run("search", "olga@"), "Contacts", contact_of(desk), desk.account, "synced", "Acme Ltd")
    assert "Billing accounts" not in found
    synced = has(terminal.run("search", "olga", "--sync-state", "synced"), "Contacts", "olga@acme.example")
    assert re.search("Customers|Billing accounts", synced) is None
    has(terminal.run("search", "olga", "--sync-state", "failed"), "Contacts: nothing")
