"""What the catalogue of events says of each: where it goes, who is told, and who may see which of its facts."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from chalicelib.frozen import frozen


class Queue(StrEnum):
    """The queues that events can go to."""

    EMAILS = "emails"
    ZUORA = "zuora"
    SEARCH = "search"
    TRANSFERS = "transfers"


class Audience(StrEnum):
    """The parties to a change, who may be told of it by mail."""

    INVITEE = "invitee"
    INVITER = "inviter"
    PERSON = "person"
    OTHERS = "others"
    OLD = "old"
    NEW = "new"
    CHOOSER = "chooser"
    NEW_OWNER = "new_owner"
    OLD_OWNER = "old_owner"


class Counted(StrEnum):
    """When a mail is counted for its address (R24)."""

    WHEN_CAUSED = "when_caused"  # by whoever causes it, in the transaction of the event; one over the limit is refused
    WHEN_SENT = "when_sent"  # with the first claim of the mail; one over the limit is left out permanently
    OWN_RIGHTS = "own_rights"  # never left out: changes by managers are limited instead
    INSIDE = "inside"  # goes to somebody who manages the account


@frozen
class Entry:
    """One kind of event.

    ``word`` is the type as it is written and sent. ``means`` says what happened, ``subject`` to what kind of thing.
    ``told`` are the parties that get a mail, each with how that mail counts. ``acted_on`` are the queues of everybody
    else who acts on the event. ``shown`` are the facts that managers see (R40): ids, numbers and words that the service
    itself chose, nothing that was typed.
    """

    word: str
    means: str
    subject: str
    acted_on: frozenset[Queue] = frozenset()
    told: Mapping[Audience, Counted] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()

    @property
    def queues(self) -> frozenset[Queue]:
        """Where the event goes; to the mails exactly if somebody is told."""
        return self.acted_on | ({Queue.EMAILS} if self.told else set())
