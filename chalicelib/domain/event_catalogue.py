"""The catalogue of events: one entry for each, from which queues, mails, both views of the history and the docs follow.

A type that is missing here is an event of a newer version: it stays in the outbox, tells nobody and shows nothing.
"""

from collections.abc import Mapping

from chalicelib.domain.event_entry import Audience, Counted, Entry, Queue
from chalicelib.domain.events import EventType

_BOTH_SIDES = frozenset(
    f"{name}_{when}"
    for name in ("plan", "max_managers", "managed_by", "status", "channel")
    for when in ("before", "after")
)
_CHOICE = frozenset({"customer_id", "part", "contact_id_before", "version", "because", "transfer_id"})
_CONTACT_EDIT = frozenset({"contact_id", "fields", "parts", "version", "because"})
_PERSON = frozenset({"customer_id"})
_PLACED = frozenset({"part", "customer_id", "chosen_by", "transfer_id"})
_REMOVAL = frozenset({"customer_id", "role", "because", "stays_contact", "transfer_id"})
_TRANSFER = frozenset({"from_customer_id", "customer_id", "state", "transfer_id"})

CATALOGUE: Mapping[EventType, Entry] = {
    EventType.ACCOUNT_IMPORTED: Entry(
        "A billing account came in from Zuora, its Sold To as first manager if they could be.",
        "account",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON | {"bill_to_contact_id", "sold_to_contact_id", "zuora_account_id"},
    ),
    EventType.ACCOUNT_EDITED: Entry(
        "Support changed the plan, the bound, the policy, the status or the channel.",
        "account",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"version"}) | _BOTH_SIDES,
    ),
    EventType.ACCOUNT_CHANGED_IN_ZUORA: Entry(
        "Zuora has other contacts, another channel, or has closed the account.",
        "account",
        acted_on=frozenset({Queue.SEARCH, Queue.TRANSFERS}),
        shown=frozenset({"bill_to_contact_id", "channel", "closed", "parts", "sold_to_contact_id"}),
    ),
    EventType.CUSTOMER_BOUND: Entry(
        "A sign-in was bound to the record, or brought its names.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON | {"fields"},
    ),
    EventType.CUSTOMER_CREATED: Entry(
        "Support made a record.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON,
    ),
    EventType.CUSTOMER_EDITED: Entry(
        "Names or language changed, by the person or by support.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON | {"because", "fields", "version"},
    ),
    EventType.CUSTOMER_UNLINKED: Entry(
        "Support took the sign-in off the record.",
        "customer",
        shown=_PERSON,
    ),
    EventType.CUSTOMER_ERASED: Entry(
        "A person was erased; the id and a pseudonym stay.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON,
    ),
    EventType.EMAIL_CHANGED: Entry(
        "The record has another address, by support or taken over by the person.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.OLD: Counted.OWN_RIGHTS, Audience.NEW: Counted.OWN_RIGHTS},
        shown=_PERSON | {"fields", "version"},
    ),
    EventType.LOGIN_DEACTIVATED: Entry(
        "Support switched the login off.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.PERSON: Counted.OWN_RIGHTS},
        shown=_PERSON,
    ),
    EventType.LOGIN_REACTIVATED: Entry(
        "Support switched the login on again.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.PERSON: Counted.OWN_RIGHTS},
        shown=_PERSON,
    ),
    EventType.SIGN_IN_LINK_CREATED: Entry(
        "Support made a link by which a person signs in.",
        "customer",
        shown=_PERSON | {"generation"},
    ),
    EventType.SIGN_IN_LINK_USED: Entry(
        "The portal redeemed such a link.",
        "customer",
        shown=_PERSON | {"generation"},
    ),
    EventType.INVITATION_CREATED: Entry(
        "Somebody was invited, by mail or by a link.",
        "invitation",
        told={Audience.INVITEE: Counted.WHEN_CAUSED},
        shown=frozenset({"generation", "kind", "role", "transfer_id"}),
    ),
    EventType.INVITATION_RESENT: Entry(
        "It was sent again, with a new link and a new end.",
        "invitation",
        told={Audience.INVITEE: Counted.WHEN_CAUSED},
        shown=frozenset({"address_changed", "generation", "status_before"}),
    ),
    EventType.INVITATION_REMINDED: Entry(
        "The invitee was reminded.",
        "invitation",
        told={Audience.INVITEE: Counted.WHEN_SENT},
        shown=frozenset({"generation", "number"}),
    ),
    EventType.INVITATION_ACCEPTED: Entry(
        "The invitee became a manager.",
        "invitation",
        acted_on=frozenset({Queue.SEARCH, Queue.TRANSFERS}),
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"kind", "new_customer", "role", "transfer_id"},
    ),
    EventType.INVITATION_DECLINED: Entry(
        "The invitee, or whoever held the link, declined.",
        "invitation",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.INVITER: Counted.INSIDE},
        shown=frozenset({"was_live", "with_reason"}),
    ),
    EventType.INVITATION_REVOKED: Entry(
        "It was taken back, or ended with what it hung on (`because`).",
        "invitation",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.INVITEE: Counted.WHEN_SENT},
        shown=frozenset({"because", "transfer_id", "was_live"}),
    ),
    EventType.INVITATION_EXPIRED: Entry(
        "Its time was over.",
        "invitation",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.INVITER: Counted.INSIDE},
    ),
    EventType.INVITATION_BOUNCED: Entry(
        "Its mail came back, or was complained of.",
        "invitation",
        told={Audience.INVITER: Counted.INSIDE},
        shown=frozenset({"generation"}),
    ),
    EventType.INVITATION_NEW_REQUESTED: Entry(
        "The holder of an expired link asked for a new one.",
        "invitation",
        told={Audience.OTHERS: Counted.INSIDE},
    ),
    EventType.INVITATION_SCRUBBED: Entry(
        "Address and texts of one that ended long ago, or of an erased person, were taken out.",
        "invitation",
        shown=frozenset({"because"}),
    ),
    EventType.MANAGER_REMOVED: Entry(
        "A manager was removed, by another or by support.",
        "manager",
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_REMOVAL,
    ),
    EventType.MANAGER_LEFT: Entry(
        "A manager left.",
        "manager",
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_REMOVAL,
    ),
    EventType.ROLE_CHANGED: Entry(
        "A manager has another role.",
        "manager",
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"role_after", "role_before", "transfer_id"},
    ),
    EventType.MEMBERSHIP_GRANTED: Entry(
        "Support made somebody a manager, on a proof.",
        "manager",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"new_customer", "role", "transfer_id"},
    ),
    EventType.TRANSFER_STARTED: Entry(
        "Support began to hand an account over.",
        "transfer",
        acted_on=frozenset({Queue.TRANSFERS}),
        shown=_TRANSFER | {"role"},
    ),
    EventType.TRANSFER_ADVANCED: Entry(
        "A step of it was done.",
        "transfer",
        acted_on=frozenset({Queue.TRANSFERS}),
        shown=_TRANSFER,
    ),
    EventType.TRANSFER_ENDED: Entry(
        "It was completed, cancelled, or failed.",
        "transfer",
        told={
            Audience.NEW_OWNER: Counted.OWN_RIGHTS,
            Audience.OLD_OWNER: Counted.OWN_RIGHTS,
            Audience.OTHERS: Counted.INSIDE,
        },
        shown=_TRANSFER | {"new_manager", "old_manager_removed", "sold_to_requested"},
    ),
    EventType.CONTACT_EDITED: Entry(
        "Fields of a contact changed here; Zuora is to follow.",
        "contact",
        acted_on=frozenset({Queue.SEARCH, Queue.ZUORA}),
        shown=_CONTACT_EDIT,
    ),
    EventType.SOLD_TO_CHANGED: Entry(
        "A Sold To was chosen; Zuora is to have it.",
        "manager, or account for a typed contact",
        acted_on=frozenset({Queue.ZUORA}),
        shown=_CHOICE,
    ),
    EventType.BILL_TO_CHANGED: Entry(
        "A Bill To was chosen; Zuora is to have it.",
        "manager, or account for a typed contact",
        acted_on=frozenset({Queue.ZUORA}),
        shown=_CHOICE,
    ),
    EventType.CONTACT_ADDED: Entry(
        "Support added a contact that Zuora had.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"contact_id", "zuora_account_id"}),
    ),
    EventType.CONTACT_PLACED: Entry(
        "Zuora has what was chosen.",
        "contact",
        acted_on=frozenset({Queue.SEARCH, Queue.TRANSFERS}),
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"chosen_by", "contact_id", "fields", "part", "replaces", "transfer_id"},
    ),
    EventType.CONTACT_SYNC_FAILED: Entry(
        "Zuora refused permanently.",
        "contact, or account for a choice",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.CHOOSER: Counted.INSIDE},
        shown=_PERSON | {"chosen_by", "code", "contact_id", "part", "transfer_id", "version"},
    ),
    EventType.CONTACT_SYNC_REQUESTED: Entry(
        "A contact or a choice is to be brought to Zuora again.",
        "contact, or account for one that is to be made",
        acted_on=frozenset({Queue.ZUORA}),
        shown=frozenset({"because", "contact_id", "parts", "prefer", "version"}),
    ),
    EventType.CONTACT_CHANGED_IN_ZUORA: Entry(
        "Our copy follows what changed in Zuora.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"contact_id", "fields"}),
    ),
    EventType.CONTACT_DELETED_IN_ZUORA: Entry(
        "Zuora has deleted the contact.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"contact_id"}),
    ),
    EventType.CONTACT_ERASED: Entry(
        "Our copy of an erased person's contact is gone.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"because", "contact_id"}),
    ),
    EventType.CALLOUT_RECEIVED: Entry(
        "Zuora told that something changed there.",
        "account or contact; in a stream of its own, `callout#…`",
        acted_on=frozenset({Queue.ZUORA}),
        shown=frozenset({"contact_id"}),
    ),
    EventType.SUPPRESSION_LIFTED: Entry(
        "Support lets mails go to an address again.",
        "address, by its pseudonym; in a stream of its own, `address#…`",
        shown=_PERSON,
    ),
}
"""Every type has an entry (a guard test)."""
