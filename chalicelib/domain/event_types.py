"""The types of events, each with its entry: queues, mails, both views of the history and the docs follow from it."""

from enum import StrEnum
from typing import Self

from chalicelib.domain.event_entry import Audience, Counted, Entry, Queue

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
_NOT_KNOWN = Entry("", "", "")


class EventType(StrEnum):
    """Everything that can happen. The same word names the operation, the mail folder and the test."""

    _value_: str
    entry: Entry

    def __new__(cls, entry: Entry) -> Self:
        """A type, which reads as its word."""
        made = str.__new__(cls, entry.word)
        made._value_, made.entry = entry.word, entry
        return made

    ACCOUNT_IMPORTED = Entry(
        "account_imported",
        "A billing account came in from Zuora, its Sold To as first manager if they could be.",
        "account",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON | {"bill_to_contact_id", "sold_to_contact_id", "zuora_account_id"},
    )
    ACCOUNT_EDITED = Entry(
        "account_edited",
        "Support changed the plan, the bound, the policy, the status or the channel.",
        "account",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"version"}) | _BOTH_SIDES,
    )
    ACCOUNT_CHANGED_IN_ZUORA = Entry(
        "account_changed_in_zuora",
        "Zuora has other contacts, another channel, or has closed the account.",
        "account",
        acted_on=frozenset({Queue.SEARCH, Queue.TRANSFERS}),
        shown=frozenset({"bill_to_contact_id", "channel", "closed", "parts", "sold_to_contact_id"}),
    )
    CUSTOMER_BOUND = Entry(
        "customer_bound",
        "A sign-in was bound to the record, or brought its names.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON | {"fields"},
    )
    CUSTOMER_CREATED = Entry(
        "customer_created",
        "Support made a record.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON,
    )
    CUSTOMER_EDITED = Entry(
        "customer_edited",
        "Names or language changed, by the person or by support.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON | {"because", "fields", "version"},
    )
    CUSTOMER_UNLINKED = Entry(
        "customer_unlinked",
        "Support took the sign-in off the record.",
        "customer",
        shown=_PERSON,
    )
    CUSTOMER_ERASED = Entry(
        "customer_erased",
        "A person was erased; the id and a pseudonym stay.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        shown=_PERSON,
    )
    EMAIL_CHANGED = Entry(
        "email_changed",
        "The record has another address, by support or taken over by the person.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.OLD: Counted.OWN_RIGHTS, Audience.NEW: Counted.OWN_RIGHTS},
        shown=_PERSON | {"fields", "version"},
    )
    LOGIN_DEACTIVATED = Entry(
        "login_deactivated",
        "Support switched the login off.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.PERSON: Counted.OWN_RIGHTS},
        shown=_PERSON,
    )
    LOGIN_REACTIVATED = Entry(
        "login_reactivated",
        "Support switched the login on again.",
        "customer",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.PERSON: Counted.OWN_RIGHTS},
        shown=_PERSON,
    )
    SIGN_IN_LINK_CREATED = Entry(
        "sign_in_link_created",
        "Support made a link by which a person signs in.",
        "customer",
        shown=_PERSON | {"generation"},
    )
    SIGN_IN_LINK_USED = Entry(
        "sign_in_link_used",
        "The portal redeemed such a link.",
        "customer",
        shown=_PERSON | {"generation"},
    )
    INVITATION_CREATED = Entry(
        "invitation_created",
        "Somebody was invited, by mail or by a link.",
        "invitation",
        told={Audience.INVITEE: Counted.WHEN_CAUSED},
        shown=frozenset({"generation", "kind", "role", "transfer_id"}),
    )
    INVITATION_RESENT = Entry(
        "invitation_resent",
        "It was sent again, with a new link and a new end.",
        "invitation",
        told={Audience.INVITEE: Counted.WHEN_CAUSED},
        shown=frozenset({"address_changed", "generation", "status_before"}),
    )
    INVITATION_REMINDED = Entry(
        "invitation_reminded",
        "The invitee was reminded.",
        "invitation",
        told={Audience.INVITEE: Counted.WHEN_SENT},
        shown=frozenset({"generation", "number"}),
    )
    INVITATION_ACCEPTED = Entry(
        "invitation_accepted",
        "The invitee became a manager.",
        "invitation",
        acted_on=frozenset({Queue.SEARCH, Queue.TRANSFERS}),
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"kind", "new_customer", "role", "transfer_id"},
    )
    INVITATION_DECLINED = Entry(
        "invitation_declined",
        "The invitee, or whoever held the link, declined.",
        "invitation",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.INVITER: Counted.INSIDE},
        shown=frozenset({"was_live", "with_reason"}),
    )
    INVITATION_REVOKED = Entry(
        "invitation_revoked",
        "It was taken back, or ended with what it hung on (`because`).",
        "invitation",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.INVITEE: Counted.WHEN_SENT},
        shown=frozenset({"because", "transfer_id", "was_live"}),
    )
    INVITATION_EXPIRED = Entry(
        "invitation_expired",
        "Its time was over.",
        "invitation",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.INVITER: Counted.INSIDE},
    )
    INVITATION_BOUNCED = Entry(
        "invitation_bounced",
        "Its mail came back, or was complained of.",
        "invitation",
        told={Audience.INVITER: Counted.INSIDE},
        shown=frozenset({"generation"}),
    )
    INVITATION_NEW_REQUESTED = Entry(
        "invitation_new_requested",
        "The holder of an expired link asked for a new one.",
        "invitation",
        told={Audience.OTHERS: Counted.INSIDE},
    )
    INVITATION_SCRUBBED = Entry(
        "invitation_scrubbed",
        "Address and texts of one that ended long ago, or of an erased person, were taken out.",
        "invitation",
        shown=frozenset({"because"}),
    )
    MANAGER_REMOVED = Entry(
        "manager_removed",
        "A manager was removed, by another or by support.",
        "manager",
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_REMOVAL,
    )
    MANAGER_LEFT = Entry(
        "manager_left",
        "A manager left.",
        "manager",
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_REMOVAL,
    )
    ROLE_CHANGED = Entry(
        "role_changed",
        "A manager has another role.",
        "manager",
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"role_after", "role_before", "transfer_id"},
    )
    MEMBERSHIP_GRANTED = Entry(
        "membership_granted",
        "Support made somebody a manager, on a proof.",
        "manager",
        acted_on=frozenset({Queue.SEARCH}),
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"new_customer", "role", "transfer_id"},
    )
    TRANSFER_STARTED = Entry(
        "transfer_started",
        "Support began to hand an account over.",
        "transfer",
        acted_on=frozenset({Queue.TRANSFERS}),
        shown=_TRANSFER | {"role"},
    )
    TRANSFER_ADVANCED = Entry(
        "transfer_advanced",
        "A step of it was done.",
        "transfer",
        acted_on=frozenset({Queue.TRANSFERS}),
        shown=_TRANSFER,
    )
    TRANSFER_ENDED = Entry(
        "transfer_ended",
        "It was completed, cancelled, or failed.",
        "transfer",
        told={
            Audience.NEW_OWNER: Counted.OWN_RIGHTS,
            Audience.OLD_OWNER: Counted.OWN_RIGHTS,
            Audience.OTHERS: Counted.INSIDE,
        },
        shown=_TRANSFER | {"new_manager", "old_manager_removed", "sold_to_requested"},
    )
    CONTACT_EDITED = Entry(
        "contact_edited",
        "Fields of a contact changed here; Zuora is to follow.",
        "contact",
        acted_on=frozenset({Queue.SEARCH, Queue.ZUORA}),
        shown=_CONTACT_EDIT,
    )
    SOLD_TO_CHANGED = Entry(
        "sold_to_changed",
        "A Sold To was chosen; Zuora is to have it.",
        "manager, or account for a typed contact",
        acted_on=frozenset({Queue.ZUORA}),
        shown=_CHOICE,
    )
    BILL_TO_CHANGED = Entry(
        "bill_to_changed",
        "A Bill To was chosen; Zuora is to have it.",
        "manager, or account for a typed contact",
        acted_on=frozenset({Queue.ZUORA}),
        shown=_CHOICE,
    )
    CONTACT_ADDED = Entry(
        "contact_added",
        "Support added a contact that Zuora had.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"contact_id", "zuora_account_id"}),
    )
    CONTACT_PLACED = Entry(
        "contact_placed",
        "Zuora has what was chosen.",
        "contact",
        acted_on=frozenset({Queue.SEARCH, Queue.TRANSFERS}),
        told={Audience.PERSON: Counted.OWN_RIGHTS, Audience.OTHERS: Counted.INSIDE},
        shown=_PERSON | {"chosen_by", "contact_id", "fields", "part", "replaces", "transfer_id"},
    )
    CONTACT_SYNC_FAILED = Entry(
        "contact_sync_failed",
        "Zuora refused permanently.",
        "contact, or account for a choice",
        acted_on=frozenset({Queue.TRANSFERS}),
        told={Audience.CHOOSER: Counted.INSIDE},
        shown=_PERSON | {"chosen_by", "code", "contact_id", "part", "transfer_id", "version"},
    )
    CONTACT_SYNC_REQUESTED = Entry(
        "contact_sync_requested",
        "A contact or a choice is to be brought to Zuora again.",
        "contact, or account for one that is to be made",
        acted_on=frozenset({Queue.ZUORA}),
        shown=frozenset({"because", "contact_id", "parts", "prefer", "version"}),
    )
    CONTACT_CHANGED_IN_ZUORA = Entry(
        "contact_changed_in_zuora",
        "Our copy follows what changed in Zuora.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"contact_id", "fields"}),
    )
    CONTACT_DELETED_IN_ZUORA = Entry(
        "contact_deleted_in_zuora",
        "Zuora has deleted the contact.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"contact_id"}),
    )
    CONTACT_ERASED = Entry(
        "contact_erased",
        "Our copy of an erased person's contact is gone.",
        "contact",
        acted_on=frozenset({Queue.SEARCH}),
        shown=frozenset({"because", "contact_id"}),
    )
    CALLOUT_RECEIVED = Entry(
        "callout_received",
        "Zuora told that something changed there.",
        "account or contact; in a stream of its own, `callout#…`",
        acted_on=frozenset({Queue.ZUORA}),
        shown=frozenset({"contact_id"}),
    )
    SUPPRESSION_LIFTED = Entry(
        "suppression_lifted",
        "Support lets mails go to an address again.",
        "address, by its pseudonym; in a stream of its own, `address#…`",
        shown=_PERSON,
    )

    @property
    def is_known(self) -> bool:
        """False for a type of a newer version: such an event stays in the outbox, tells nobody and shows nothing."""
        return self.entry is not _NOT_KNOWN


def type_as_it_is(word: str) -> EventType:
    """The type of an event, also of one that a newer version of the service has written: that reads as its word."""
    for known in EventType:
        if known.value == word:
            return known
    strange = str.__new__(EventType, word)
    strange._name_, strange._value_, strange.entry = "UNKNOWN", word, _NOT_KNOWN
    return strange
