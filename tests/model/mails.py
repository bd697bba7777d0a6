"""The post of the reference model: which mails an event owes (R35), and what the mail function sends when (I7)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from tests.model.state import Event, State

LEASE = timedelta(minutes=2)  # how long nobody touches a mail of which nobody knows whether it was sent
TOLD: Mapping[str, tuple[str, ...]] = {
    "invitation_created": ("invitee",),
    "invitation_resent": ("invitee",),
    "invitation_reminded": ("invitee",),
    "invitation_accepted": ("person", "others"),
    "invitation_declined": ("inviter",),
    "invitation_revoked": ("invitee",),
    "invitation_expired": ("inviter",),
    "invitation_new_requested": ("others",),
    "membership_granted": ("person", "others"),
    "manager_removed": ("person", "others"),
    "manager_left": ("person", "others"),
    "role_changed": ("person", "others"),
    "login_deactivated": ("person",),
    "login_reactivated": ("person",),
}
WITH_A_LINK = {"invitation_created", "invitation_resent", "invitation_reminded"}
_ONLY_WHILE_OVER = {"invitation_expired", "invitation_new_requested"}


class Trouble(Enum):
    """What SES does with a mail when it does not just send it."""

    DOWN = auto()  # refuses it for now
    MUTE = auto()  # sends it, and the answer gets lost
    REJECTS = auto()  # never wants it


@dataclass(frozen=True, slots=True)
class ExpectedMail:
    """One mail: because of what, as whom, to where."""

    event: Event
    audience: str
    to: str


@dataclass(slots=True)
class MailOutcome:
    """What is known of a letter; until ``open_until`` nobody tries again, None when it is done with."""

    open_until: datetime | None
    may_have_arrived: bool


class MailModel:
    """The mail function, and what it remembers."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.fates: dict[ExpectedMail, MailOutcome] = {}

    def deliver(self, event: Event, troubles: Mapping[str, Trouble]) -> tuple[list[ExpectedMail], bool]:
        """The letters that go out when the event's message is delivered now, and whether it is done with.

        ``troubles`` says by address what SES has against it.
        """
        sent: list[ExpectedMail] = []
        letters = self._owed(event)
        if letters is None:
            return [], False
        done = True
        for letter in letters:
            fate = self.fates.get(letter, MailOutcome(self._state.now, may_have_arrived=False))
            if fate.open_until is None:
                continue
            trouble = troubles.get(letter.to)
            if fate.open_until > self._state.now or trouble is Trouble.DOWN:
                done = False
                continue
            if trouble is Trouble.REJECTS and event.type in WITH_A_LINK:
                self._state.invitations[_label(event)].unreachable = True
            fate.may_have_arrived = trouble is not Trouble.REJECTS  # nor did the same mail arrive before, then
            if fate.may_have_arrived:
                sent.append(letter)
            fate.open_until = self._state.now + LEASE if trouble is Trouble.MUTE else None
            done = done and trouble is not Trouble.MUTE
            self.fates[letter] = fate
        return sent, done

    def _owed(self, event: Event) -> list[ExpectedMail] | None:
        """What the event owes as things stand; None while that is open."""
        writers = {
            "invitee": self._to_invitee,
            "inviter": self._to_inviter,
            "person": self._to_person,
            "others": self._to_others,
        }
        letters: list[ExpectedMail] = []
        if event.type in _ONLY_WHILE_OVER and self._state.is_live(_label(event)):
            return []
        for audience in TOLD.get(event.type, ()):
            found = writers[audience](event)
            if found is None:
                return None
            letters += [ExpectedMail(event, audience, address) for address in found]
        return letters

    def _to_invitee(self, event: Event) -> list[str] | None:
        """The newest link of a live invitation; that it was revoked, if the link may have arrived."""
        label = _label(event)
        invitation = self._state.invitations[label]
        if invitation.address is None:
            return []
        if event.type in WITH_A_LINK:
            newest = str(event.fact).partition("/")[0] == str(invitation.generation)
            return [invitation.address] if newest and self._state.is_live(label) else []
        if event.fact == "joined":
            return []
        links = [fate for fate in self._links(event.subject, invitation.generation) if event.fact == "True"]
        if any(fate.open_until is not None and fate.open_until > self._state.now for fate in links):
            return None
        return [invitation.address] if any(fate.may_have_arrived for fate in links) else []

    def _links(self, subject: str, generation: int) -> Iterator[MailOutcome]:
        for letter, fate in self.fates.items():
            cause = letter.event
            link = cause.type in {"invitation_created", "invitation_resent"}
            if link and (cause.subject, cause.fact) == (subject, str(generation)):
                yield fate

    def _to_inviter(self, event: Event) -> list[str]:
        """Whoever sent it, while they manage the account."""
        inviter = self._state.invitations[_label(event)].inviter
        if inviter is None or not self._state.manages(str(event.account), inviter):
            return []
        return [inviter] if self._state.customers[inviter].active else []

    def _to_person(self, event: Event) -> list[str]:
        return [str(event.customer)]

    def _to_others(self, event: Event) -> list[str]:
        """Those who manage the account and did so then, but neither who did it nor whom it was done to."""
        account = self._state.accounts[str(event.account)]
        return [
            each
            for each in self._state.managing(str(event.account))
            if account.members[each].since <= event.at
            and each != event.customer
            and event.actor != f"customer:{each}"
            and self._state.customers[each].active
        ]


def _label(event: Event) -> str:
    return event.subject.removeprefix("invitation:")
