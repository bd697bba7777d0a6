"""Who may see which fact of an event (R40): a closed list for managers; all others are for support alone.

Support sees everything. A manager sees of an event the facts that the catalogue shows of its type and no other: a fact
that is new, or an event of a type that this version does not know, shows nothing until somebody decides that it may.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.domain.events import Event, Fact
from chalicelib.domain.people import SUPPORT, Actor, is_support

SUPPORT_ONLY = frozenset(
    {
        # what a support agent typed
        "ticket_url", "reason", "approval_url", "evidence_url", "contract_url", "namespace",
        "invoice_number", "invoice_date", "reseller_zuora_account_id",
        # what a proof rests on, and what the desk set aside
        "method", "license_sha256", "license_activated", "checked_by_admin", "checked_by", "allow_last",
        "override_contact", "leaves_nobody", "login_activated",
        # pseudonyms of addresses
        "address_pseudonym", "approved_by_pseudonym", "requester_email_pseudonym", "address_before", "address_after",
        # the inside of the service
        "edit_id", "error", "scrubbed_in_zuora", "assignment_version",
    }
)  # fmt: skip
"""Facts that no manager sees, whatever the event. A test refuses a recorded fact that is in neither list."""


def for_managers(event: Event) -> Event:
    """The event as the managers of its account see it: the listed facts, and "Support" for the agent who acted."""
    return replace(event, actor=actor_for_managers(event.actor), data=_shown(event))


def actor_for_managers(actor: Actor) -> Actor:
    """The actor as customers see it: "Support" without an address, others as they are."""
    return SUPPORT if is_support(actor) else actor


def _shown(event: Event) -> Mapping[str, Fact]:
    return {name: value for name, value in event.data.items() if name in event.type.entry.shown}


def undecided(event: Event) -> set[str]:
    """The facts of an event about which nobody has decided who may see them."""
    return set(event.data) - SUPPORT_ONLY - event.type.entry.shown
