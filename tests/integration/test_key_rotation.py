"""Rotation of the token keys under running functions: links work exactly as long as their key is kept."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError

from chalicelib import wiring
from chalicelib.clients import secrets
from chalicelib.store.deliveries import LEASE
from tests.environment import TOKEN_KEYS
from tests.flows.two_manager_case import Case, Snapshot
from tests.invariants import violations
from tests.world import World

NEW = "another-token-key-for-tests-0123456789abcdef0123456789abcdef"
ROTATED = {**TOKEN_KEYS, "current": "k2", "k2": NEW}
RETIRED = {"current": "k2", "k2": NEW}


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Case]:
    return Snapshot(Case(tables))


class Keys:
    """The secret with the token keys, and the clock by which this process has read it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1_000_000.0
        self._secrets = wiring.secrets()
        self._secrets._kept.clear()  # noqa: SLF001 -- the process has just begun
        monkeypatch.setattr(self._secrets, "_clock", lambda: self.seconds)

    def become(self, keys: dict[str, str]) -> None:
        """The operator, or the rotation, writes a new version."""
        boto3.client("secretsmanager").put_secret_value(SecretId="token-keys", SecretString=json.dumps(keys))

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The names of the secrets that are read in the block."""
        read: list[str] = []

        def note(params: Any, **_more: Any) -> None:
            read.append(json.loads(params["body"])["SecretId"])

        events = self._secrets._manager.meta.events  # noqa: SLF001 -- no public way in
        events.register("before-call.secrets-manager", note)
        yield read
        events.unregister("before-call.secrets-manager", note)


@pytest.fixture
def keys(beginning: Snapshot[Case], monkeypatch: pytest.MonkeyPatch) -> Iterator[Keys]:
    made = Keys(monkeypatch)
    yield made
    made.become(TOKEN_KEYS)


@pytest.fixture
def case(beginning: Snapshot[Case], keys: Keys) -> Case:
    return beginning.again()


def test_a_link_made_before_a_rotation_is_accepted_after_it(case: Case, keys: Keys) -> None:
    """R10: the old key is kept until its invitations have ended."""
    _, token = case.invited()
    keys.become(ROTATED)
    keys.seconds += secrets.KEEP_SECONDS
    assert case.accept(token).status == 201
    assert violations(case.world) == []


def test_removing_a_key_ends_its_links(case: Case, keys: Keys) -> None:
    """S20: in an emergency, removing a key ends all its links, within five minutes everywhere."""
    _, token = case.invited()
    keys.become(RETIRED)
    assert case.world.call("POST", "/v1/invitations/preview", None, {"token": token}).status == 200
    keys.seconds += secrets.KEEP_SECONDS
    assert case.accept(token).code == "invitation_not_found"


def test_a_function_with_old_keys_rereads_them_once(case: Case, keys: Keys) -> None:
    """S4: a link with the new key meets a warm function with the old keys, which rereads the secret before refusing."""
    case.world.link_token("carl@acme.example")  # this process has read the old keys
    keys.become(ROTATED)
    keys.seconds += secrets.KEEP_SECONDS
    _, token = case.invited()
    wiring.secrets()._kept["token-keys"] = (keys.seconds, TOKEN_KEYS)  # noqa: SLF001 -- what another process knows
    keys.seconds += secrets.READ_ANEW_AT_MOST_EVERY
    with keys.counted() as read:
        assert case.accept(token).status == 201
    assert read == ["token-keys"]


def test_guessing_tokens_does_not_cause_many_secret_reads(case: Case, keys: Keys) -> None:
    """S4, S20: at most twice a minute, however many wrong tokens arrive."""
    with keys.counted() as read:
        for number in range(20):
            assert case.accept(f"wrong-{number}").code == "invitation_not_found"
        assert read == ["token-keys"]
        keys.seconds += secrets.READ_ANEW_AT_MOST_EVERY
        for number in range(20):
            assert case.accept(f"wrong-{number}").code == "invitation_not_found"
    assert read == ["token-keys"] * 2


def test_a_mail_retried_after_a_rotation_has_the_same_link(case: Case, keys: Keys) -> None:
    """R14, I7: the key of a link is fixed when the invitation is made, so two copies of a mail are identical."""
    case.invite()
    case.world.ses.failures.append(("after", ReadTimeoutError(endpoint_url="https://email")))
    case.world.pipeline.stream()
    case.world.pipeline.queue()
    keys.become(ROTATED)
    keys.seconds += secrets.KEEP_SECONDS
    with time_machine.travel(wiring.now() + LEASE, tick=True):
        case.world.pipeline.drain()
    one, other = case.world.mails_to("dave@acme.example")
    assert one.text == other.text
    assert "/invitations#" in one.text


def test_pseudonyms_are_stable_and_differ_by_address(case: Case, keys: Keys) -> None:
    """I6: the same person can be recognised, but not identified."""
    pseudonym: Callable[[Any], str] = wiring.pseudonym
    assert pseudonym("carl@acme.example") == pseudonym("carl@acme.example")
    assert pseudonym("carl@acme.example") != pseudonym("dave@acme.example")
    assert "carl" not in pseudonym("carl@acme.example")
    assert len(pseudonym("carl@acme.example")) == 32
