"""How every mail stands to the limits of mails (R24): the one table."""

from collections.abc import Mapping
from enum import StrEnum

from chalicelib.domain.events import EventType
from chalicelib.operations.mails.mails_owed import Audience


class Counted(StrEnum):
    """When a mail is counted for its address."""

    WHEN_CAUSED = "when_caused"  # by whoever causes it, in the transaction of the event; one over the limit is refused
    WHEN_SENT = "when_sent"  # with the first claim of the mail; one over the limit is left out for good
    OWN_RIGHTS = "own_rights"  # never left out: changes by managers are limited instead
    INSIDE = "inside"  # goes to somebody who manages the account


COUNTED: Mapping[tuple[EventType, Audience], Counted] = {
    (EventType.INVITATION_CREATED, Audience.INVITEE): Counted.WHEN_CAUSED,
    (EventType.INVITATION_RESENT, Audience.INVITEE): Counted.WHEN_CAUSED,
    (EventType.INVITATION_REMINDED, Audience.INVITEE): Counted.WHEN_SENT,
    (EventType.INVITATION_REVOKED, Audience.INVITEE): Counted.WHEN_SENT,
    (EventType.INVITATION_ACCEPTED, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.INVITATION_ACCEPTED, Audience.OTHERS): Counted.INSIDE,
    (EventType.INVITATION_DECLINED, Audience.INVITER): Counted.INSIDE,
    (EventType.INVITATION_EXPIRED, Audience.INVITER): Counted.INSIDE,
    (EventType.INVITATION_BOUNCED, Audience.INVITER): Counted.INSIDE,
    (EventType.INVITATION_NEW_REQUESTED, Audience.OTHERS): Counted.INSIDE,
    (EventType.MEMBERSHIP_GRANTED, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.MEMBERSHIP_GRANTED, Audience.OTHERS): Counted.INSIDE,
    (EventType.EMAIL_CHANGED, Audience.OLD): Counted.OWN_RIGHTS,
    (EventType.EMAIL_CHANGED, Audience.NEW): Counted.OWN_RIGHTS,
    (EventType.MANAGER_REMOVED, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.MANAGER_REMOVED, Audience.OTHERS): Counted.INSIDE,
    (EventType.MANAGER_LEFT, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.MANAGER_LEFT, Audience.OTHERS): Counted.INSIDE,
    (EventType.ROLE_CHANGED, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.ROLE_CHANGED, Audience.OTHERS): Counted.INSIDE,
    (EventType.CONTACT_PLACED, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.CONTACT_PLACED, Audience.OTHERS): Counted.INSIDE,
    (EventType.CONTACT_SYNC_FAILED, Audience.CHOOSER): Counted.INSIDE,
    (EventType.TRANSFER_ENDED, Audience.NEW_OWNER): Counted.OWN_RIGHTS,
    (EventType.TRANSFER_ENDED, Audience.OLD_OWNER): Counted.OWN_RIGHTS,
    (EventType.TRANSFER_ENDED, Audience.OTHERS): Counted.INSIDE,
    (EventType.LOGIN_DEACTIVATED, Audience.PERSON): Counted.OWN_RIGHTS,
    (EventType.LOGIN_REACTIVATED, Audience.PERSON): Counted.OWN_RIGHTS,
}
"""Every mail that is owed by ``TOLD``; a guard test keeps the two equal."""
