"""Invitation tokens: genuine ones are read, everything else is None (I6, S4, S20)."""

import base64
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain import tokens
from chalicelib.domain.tokens import Claim, KeyRing

RING = KeyRing(stage="production", current="k2", keys={"k1": b"first key", "k2": b"second key"})
CLAIM = Claim("k2", "acc_01", "inv_01", 3)
TOKEN = tokens.make(RING, CLAIM)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
IDS = st.text(alphabet=ALPHABET, min_size=1, max_size=60)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(account_id=IDS, invitation_id=IDS, generation=st.integers(1, 10**9), key_id=st.sampled_from(["k1", "k2"]))
def test_what_was_made_is_read_again(account_id: str, invitation_id: str, generation: int, key_id: str) -> None:
    claim = Claim(key_id, account_id, invitation_id, generation)
    assert tokens.read(RING, tokens.make(RING, claim)) == claim


@given(place=st.integers(0, len(TOKEN) - 1), character=st.sampled_from(ALPHABET + ".=+/ "))
def test_a_token_with_any_changed_character_is_none(place: int, character: str) -> None:
    """S4, S20: not one bit of a token may differ, not even the ones that base64 leaves unused."""
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert tokens.read(RING, changed) == (CLAIM if changed == TOKEN else None)


@given(place=st.integers(0, len(TOKEN)), character=st.sampled_from(ALPHABET + ".=\n "))
def test_a_token_with_a_character_more_is_none(place: int, character: str) -> None:
    """S4."""
    assert tokens.read(RING, TOKEN[:place] + character + TOKEN[place:]) is None


@given(place=st.integers(0, len(TOKEN) - 1))
def test_a_token_with_a_character_less_is_none(place: int) -> None:
    """S4."""
    assert tokens.read(RING, TOKEN[:place] + TOKEN[place + 1 :]) is None


@given(text=st.one_of(st.text(), st.text(alphabet=ALPHABET + "."), st.binary(max_size=80).map(encoded)))
@example("")
@example(".")
@example("." + TOKEN)
@example("\ud800")
@example(TOKEN + "\x00")
@example("x" * 100_000)
@example(encoded(b"k2|acc_01|inv_01|" + b"9" * 300) + "." + "A" * 43)
def test_no_text_of_somebody_else_is_a_token_and_none_makes_it_raise(text: str) -> None:
    """S4, S20."""
    assert tokens.read(RING, text) is None


@given(payload=st.lists(st.text(max_size=12), max_size=6).map("|".join), presented=st.sampled_from(["", "A" * 43, "é"]))
def test_a_payload_of_any_shape_with_a_wrong_mac_is_none(payload: str, presented: str) -> None:
    """S4."""
    assert tokens.read(RING, f"{encoded(payload.encode(errors='replace'))}.{presented}") is None


@pytest.mark.parametrize(
    "other",
    [
        replace(RING, stage="staging"),
        replace(RING, keys={"k1": b"first key"}),
        replace(RING, keys={"k1": b"first key", "k2": b"another key"}),
        replace(RING, keys={"k1": b"second key"}),
        replace(RING, keys={}),
    ],
    ids=["other stage", "retired key", "other key", "key under another id", "no keys"],
)
def test_a_token_of_another_deployment_or_key_is_none(other: KeyRing) -> None:
    """S4, S20."""
    assert tokens.read(RING, TOKEN) == CLAIM
    assert tokens.read(other, TOKEN) is None


def test_a_token_of_another_purpose_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4: what the same key signs for another use opens no invitation."""
    monkeypatch.setattr(tokens, "PURPOSE", "sign_in")
    other = tokens.make(RING, CLAIM)
    assert tokens.read(RING, other) == CLAIM
    monkeypatch.undo()
    assert tokens.read(RING, other) is None


def test_each_generation_has_its_own_token() -> None:
    """R14: the mac of one generation is none for another."""
    second = tokens.make(RING, replace(CLAIM, generation=4))
    assert second != TOKEN
    payload, mac = second.partition(".")[0], TOKEN.partition(".")[2]
    assert tokens.read(RING, f"{payload}.{mac}") is None


@pytest.mark.parametrize("generation", ["03", "+3", "3 ", "٣", "0x3", "", "-3"])
def test_a_generation_has_one_spelling(generation: str) -> None:
    """S4: there is one text for each token."""
    payload = encoded(f"k2|acc_01|inv_01|{generation}".encode())
    assert tokens.read(RING, f"{payload}.{TOKEN.partition('.')[2]}") is None


def test_fields_cannot_be_shifted_into_each_other() -> None:
    """S4: the mac knows where each field ends."""
    made = tokens.make(RING, Claim("k2", "acc_0", "1inv_01", 3))
    assert made.partition(".")[2] != TOKEN.partition(".")[2]
    payload = TOKEN.partition(".")[0]
    assert tokens.read(RING, f"{payload}.{made.partition('.')[2]}") is None


def test_the_mac_is_a_whole_sha256() -> None:
    """S20: 256 bits, never truncated."""
    mac = TOKEN.partition(".")[2]
    assert len(base64.urlsafe_b64decode(mac + "=")) == 32


def test_every_process_makes_the_same_token() -> None:
    """R14: a mail that is sent again carries the same link."""
    code = (
        "from chalicelib.domain.tokens import Claim, KeyRing, make\n"
        "ring = KeyRing(stage='production', current='k2', keys={'k1': b'first key', 'k2': b'second key'})\n"
        "print(make(ring, Claim('k2', 'acc_01', 'inv_01', 3)), end='')\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    assert said.stdout == TOKEN


def test_a_key_that_is_gone_makes_no_token() -> None:
    with pytest.raises(KeyError):
        tokens.make(replace(RING, keys={}), CLAIM)
