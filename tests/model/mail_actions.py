"""The actions of the event path: stream, sweep, queue and SES, with everything that may go wrong there."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chalicelib import settings
from chalicelib.functions import emails, relay
from tests.events import schedule_event, sqs_event, stream_event
from tests.gateway import Context
from tests.model.actions import action
from tests.model.driving import Driven, whose
from tests.model.mails import TOLD, WITH_A_LINK, ExpectedMail, Trouble
from tests.model.state import Event

OLD_ENOUGH = timedelta(seconds=60)
LONGER_THAN_ANY_WAIT = timedelta(minutes=16)
ENOUGH_ROUNDS = 60


def _reader(machine: Driven) -> SearchStrategy[str]:
    """Somebody who may be written to."""
    invited = [it.address for it in machine.model.invitations.values() if it.address]
    return st.sampled_from(invited + list(machine.model.customers)) if invited else whose


class MailActions(Driven):
    """What lies between a change and the mails about it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.streamed: set[str] = set()
        self.done: set[Event] = set()

    @action(4, how=st.sampled_from(["once", "once", "twice", "lost", "swept"]))
    def events_are_relayed(self, *, how: str) -> None:
        """The stream brings all that it has not brought yet, or loses it; or the sweep goes for what is left."""
        if how == "swept":
            self._sweep()
            return
        self._stream(how)

    @action(4, how=st.sampled_from(["once", "once", "twice", "kept", "dropped"]))
    def the_queue_delivers(self, *, how: str) -> None:
        """A batch of messages: once, twice at once, without being deleted afterwards, or to a function that dies."""
        self._deliver(how)

    @action(3)
    def the_post_goes_round(self) -> None:
        """All is well: what has happened reaches its queue, and from there whom it concerns."""
        self._stream("once")
        self.everything_stored_is_right()
        self._deliver("once")

    @action(3, address=_reader, trouble=st.sampled_from([*Trouble, None]))
    def ses_makes_trouble(self, *, address: str, trouble: Trouble | None) -> None:
        """Mails to one address fail from now on; or all get through again."""
        if trouble is None:
            self.deployment.heal()
        else:
            self.deployment.trouble(address, trouble)

    def come_to_rest(self) -> None:
        """I7: every event reaches its queue, every message is done with, every mail owed went out."""
        self.deployment.heal()
        self.pass_time(OLD_ENOUGH + timedelta(seconds=1))
        self._sweep()
        self.everything_stored_is_right()
        empty_rounds = rounds = 0
        while empty_rounds < 2:
            rounds += 1
            assert rounds < ENOUGH_ROUNDS, "I7: the queue does not run empty"
            empty_rounds = 0 if self._deliver("once") else empty_rounds + 1
            if not empty_rounds or empty_rounds == 1:
                self.pass_time(LONGER_THAN_ANY_WAIT if empty_rounds else timedelta(seconds=1))
        self.everything_stored_is_right()
        assert self.relayed == set(self.events), "I7: events have not reached their queues"
        missing = [event for event in self.events.values() if event.type in TOLD and event not in self.done]
        assert missing == [], "I7: events whose message got lost"

    def _stream(self, how: str) -> None:
        images = [it for it in self.world.items("History") if it["event_id"]["S"] not in self.streamed]
        ids = {image["event_id"]["S"] for image in images}
        self.streamed |= ids
        note(f"the stream brings {len(ids)} events: {how}")
        if images and how != "lost":
            for _ in range(2 if how == "twice" else 1):
                relay.relay(stream_event(images), Context())
            self.relayed |= ids

    def _sweep(self) -> None:
        """Whatever is older than a minute reaches its queue."""
        relay.sweep(schedule_event(), Context())
        old = {ident for ident, event in self.events.items() if event.at < self.model.now - OLD_ENOUGH}
        note(f"the sweep relays {len(old - self.relayed)} events")
        self.relayed |= old

    def _deliver(self, how: str) -> int:
        sqs, url = boto3.client("sqs"), settings.current().email_queue_url
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        messages: list[Any] = found.get("Messages", [])
        self.bodies = [message["Body"] for message in messages]
        note(f"the queue delivers {len(messages)} messages: {how}")
        if not messages or how == "dropped":
            return len(messages)
        failed: set[str] = set()
        for _ in range(2 if how == "twice" else 1):
            failed = self._handle(messages)
        for message in messages:
            if message["MessageId"] not in failed and how != "kept":
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def _handle(self, messages: list[Any]) -> set[str]:
        """Runs the mail function, and holds what it sends and what it gives back to what the model says."""
        sent = self.deployment.ses.sent
        before = len(sent)
        answer = emails.emails(sqs_event(messages), Context())
        owed: list[ExpectedMail] = []
        waiting: set[str] = set()
        for message in messages:
            event = self.events[_event_id(message)]
            letters, done = self.post.deliver(event, self.deployment.troubles)
            owed += letters
            if done:
                self.done.add(event)
            else:
                waiting.add(message["MessageId"])
        went = Counter(ExpectedMail(self.events[m.tags["event_id"]], m.tags["audience"], m.to) for m in sent[before:])
        assert went == Counter(owed), f"I7: mails not owed {went - Counter(owed)}, not sent {Counter(owed) - went}"
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        assert failed == waiting, "I7: the wrong messages come again"
        self._check_links(before)
        return failed

    def _check_links(self, before: int) -> None:
        """The link of an invitation stands in its own mail, and nowhere else (I6)."""
        for mail in self.deployment.ses.sent[before:]:
            event = self.events[mail.tags["event_id"]]
            own = ""
            if event.type in WITH_A_LINK:
                generation = str(event.fact).partition("/")[0]
                own = self.token(event.subject.removeprefix("invitation:"), int(generation))
                assert f"/invitations#{own}" in mail.text
            assert not [each for each in self.secrets if each in mail.text + mail.html and each not in own]


def _event_id(message: Any) -> str:
    return str(json.loads(message["Body"])["event_id"])
