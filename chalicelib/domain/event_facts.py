"""Who may see which fact of an event (R40): a closed list for managers; what stands nowhere in it is for support alone.

Support sees everything. A manager sees of an event the facts that its type names here and no other: a fact that is
new, or an event of a type that this version does not know, shows nothing until somebody decides that it may.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.domain.events import Event, EventType, Fact
from chalicelib.domain.people import SUPPORT, Actor, is_support

_CONTACT_EDIT = frozenset({"contact_id", "fields", "parts", "version", "because"})
_CHOICE = frozenset({"customer_id", "part", "contact_id_before", "version", "because", "transfer_id"})
_TRANSFER = frozenset({"from_customer_id", "customer_id", "state", "transfer_id"})
_REMOVAL = frozenset({"customer_id", "role", "because", "stays_contact", "transfer_id"})
_PERSON = frozenset({"customer_id"})
_NOTHING: frozenset[str] = frozenset()

_PLACED = frozenset({"part", "customer_id", "chosen_by", "transfer_id"})

SHOWN_TO_MANAGERS: Mapping[EventType, frozenset[str]] = {
    EventType.ACCOUNT_IMPORTED: frozenset(
        {"zuora_account_id", "sold_to_contact_id", "bill_to_contact_id", "customer_id"}
    ),
    EventType.ACCOUNT_EDITED: frozenset({"version"})
    | frozenset(
        f"{name}_{when}"
        for name in ("plan", "max_managers", "managed_by", "status", "channel")
        for when in ("before", "after")
    ),
    EventType.ACCOUNT_CHANGED_IN_ZUORA: frozenset(
        {"parts", "closed", "channel", "sold_to_contact_id", "bill_to_contact_id"}
    ),
    EventType.CUSTOMER_BOUND: _PERSON | {"fields"},
    EventType.CUSTOMER_CREATED: _PERSON,
    EventType.CUSTOMER_EDITED: _PERSON | {"fields", "version", "because"},
    EventType.CUSTOMER_UNLINKED: _PERSON,
    EventType.CUSTOMER_ERASED: _PERSON,
    EventType.EMAIL_CHANGED: _PERSON | {"fields", "version"},
    EventType.LOGIN_DEACTIVATED: _PERSON,
    EventType.LOGIN_REACTIVATED: _PERSON,
    EventType.SIGN_IN_LINK_CREATED: _PERSON | {"generation"},
    EventType.SIGN_IN_LINK_USED: _PERSON | {"generation"},
    EventType.INVITATION_CREATED: frozenset({"kind", "role", "generation", "transfer_id"}),
    EventType.INVITATION_RESENT: frozenset({"generation", "status_before", "address_changed"}),
    EventType.INVITATION_REMINDED: frozenset({"generation", "number"}),
    EventType.INVITATION_ACCEPTED: frozenset({"customer_id", "role", "kind", "new_customer", "transfer_id"}),
    EventType.INVITATION_DECLINED: frozenset({"was_live", "with_reason"}),
    EventType.INVITATION_REVOKED: frozenset({"was_live", "because", "transfer_id"}),
    EventType.INVITATION_EXPIRED: _NOTHING,
    EventType.INVITATION_BOUNCED: frozenset({"generation"}),
    EventType.INVITATION_NEW_REQUESTED: _NOTHING,
    EventType.INVITATION_SCRUBBED: frozenset({"because"}),
    EventType.MANAGER_REMOVED: _REMOVAL,
    EventType.MANAGER_LEFT: _REMOVAL,
    EventType.ROLE_CHANGED: frozenset({"customer_id", "role_before", "role_after", "transfer_id"}),
    EventType.MEMBERSHIP_GRANTED: frozenset({"customer_id", "role", "new_customer", "transfer_id"}),
    EventType.TRANSFER_STARTED: _TRANSFER | {"role"},
    EventType.TRANSFER_ADVANCED: _TRANSFER,
    EventType.TRANSFER_ENDED: _TRANSFER | {"new_manager", "sold_to_requested", "old_manager_removed"},
    EventType.CONTACT_EDITED: _CONTACT_EDIT,
    EventType.SOLD_TO_CHANGED: _CHOICE,
    EventType.BILL_TO_CHANGED: _CHOICE,
    EventType.CONTACT_ADDED: frozenset({"contact_id", "zuora_account_id"}),
    EventType.CONTACT_PLACED: _PLACED | {"contact_id", "replaces", "fields"},
    EventType.CONTACT_SYNC_FAILED: _PLACED | {"contact_id", "code", "version"},
    EventType.CONTACT_SYNC_REQUESTED: frozenset({"contact_id", "prefer", "parts", "version", "because"}),
    EventType.CONTACT_CHANGED_IN_ZUORA: frozenset({"contact_id", "fields"}),
    EventType.CONTACT_DELETED_IN_ZUORA: frozenset({"contact_id"}),
    EventType.CONTACT_ERASED: frozenset({"contact_id", "because"}),
    EventType.SUPPRESSION_LIFTED: _PERSON,
    EventType.CALLOUT_RECEIVED: frozenset({"contact_id"}),
}
"""What a manager sees of each event: ids, numbers and words that the service itself chose; nothing that was typed."""

SUPPORT_ONLY = frozenset(
    {
        # what somebody of support typed
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
"""Facts that no manager sees, whatever the event. A test refuses a recorded fact that stands in neither list."""


def for_managers(event: Event) -> Event:
    """The event as the managers of its account see it: the listed facts, and "Support" for whoever of support acted."""
    return replace(event, actor=actor_for_managers(event.actor), data=_shown(event))


def actor_for_managers(actor: Actor) -> Actor:
    """The actor as customers see it: "Support" without an address, others as they are."""
    return SUPPORT if is_support(actor) else actor


def _shown(event: Event) -> Mapping[str, Fact]:
    shown = SHOWN_TO_MANAGERS.get(event.type, _NOTHING) if isinstance(event.type, EventType) else _NOTHING
    return {name: value for name, value in event.data.items() if name in shown}


def undecided(event: Event) -> set[str]:
    """The facts of an event about which nobody has decided who may see them."""
    return set(event.data) - SUPPORT_ONLY - SHOWN_TO_MANAGERS.get(event.type, _NOTHING)
