"""What the history says of contacts: chosen by a manager, synced again and erased by support."""

from tests.desk.conftest import Desk
from tests.desk.test_erasing import a_contact, erase
from tests.world import TICKET


def test_a_chosen_bill_to_is_in_the_history(desk: Desk) -> None:
    """R40, R55: who was chosen by whom, and which contact it was before."""
    before = desk.ok("GET", desk.path)["contacts"]["bill_to"]["id"]
    nina = desk.world.person("nina@acme.example")
    nina_id = desk.world.join(desk.olga, desk.account, nina)
    path = f"/v1/billing-accounts/{desk.account}/contacts/bill-to"
    desk.world.ok("PUT", path, desk.olga, {"manager_id": nina_id})
    (event,) = desk.history("bill_to_changed")
    assert event["actor"] == f"customer:{desk.olga_id}"
    said = event["data"]
    assert (said["customer_id"], said["part"], said["contact_id_before"]) == (nina_id, "bill_to", before)


def test_a_requested_sync_is_in_the_history(desk: Desk) -> None:
    """R40, R57: with the ticket, and whose values count."""
    contact_id = desk.ok("GET", desk.path)["contacts"]["sold_to"]["id"]
    desk.ok("POST", f"/v1/support/contacts/{contact_id}/sync")
    (event,) = desk.history("contact_sync_requested")
    assert (event["data"]["contact_id"], event["data"]["ticket_url"]) == (contact_id, TICKET)


def test_an_erased_contact_is_in_the_history(desk: Desk) -> None:
    """R40, R41: by its id only, and whether Zuora has scrubbed it too."""
    nina = desk.world.person("nina@acme.example")
    nina_id = desk.world.join(desk.olga, desk.account, nina)
    contact_id = a_contact(desk)
    assert erase(desk, nina_id).status == 200
    (event,) = desk.history("contact_erased")
    said = event["data"]
    assert (said["contact_id"], said["scrubbed_in_zuora"], said["because"]) == (contact_id, False, "customer_erased")
