"""Sign-in link tokens: only what we made is read, in one spelling, and nothing longer than we make (R64)."""

import pytest

from chalicelib.domain import sign_in_links, tokens
from chalicelib.domain.sign_in_links import SignInClaim
from chalicelib.domain.tokens import KeyRing

RING = KeyRing(stage="test", current="k1", keys={"k1": b"a key of thirty-two bytes, or more"})
CLAIM = SignInClaim("k1", "cus_01", 3)


def test_a_token_says_again_what_went_in() -> None:
    """R64: derived, so the same each time."""
    token = sign_in_links.make(RING, CLAIM)
    assert sign_in_links.read(RING, token) == CLAIM
    assert sign_in_links.make(RING, CLAIM) == token


def test_a_genuine_token_that_is_too_long_is_none() -> None:
    """R64, S20: nobody makes us compute over whatever they send; 300 characters are read, 301 are not."""
    by_length = {}
    for length in range(100, 200):
        claim = SignInClaim("k1", "c" * length, 1)
        token = sign_in_links.make(RING, claim)
        by_length[len(token)] = sign_in_links.read(RING, token) == claim
    assert {length for length, good in by_length.items() if good} == {each for each in by_length if each <= 300}
    assert {300, 302} <= by_length.keys()


@pytest.mark.parametrize("spoil", ["{}x", "x{}", "{}=", " {}", "{}\u00e9", "{}.x"])
def test_a_token_in_another_spelling_is_none(spoil: str) -> None:
    """R64, S15."""
    assert sign_in_links.read(RING, spoil.format(sign_in_links.make(RING, CLAIM))) is None


def test_a_token_of_another_stage_key_or_purpose_is_none() -> None:
    """R64, S15, S16: also an invitation's, whose fields could be read the same way."""
    token = sign_in_links.make(RING, CLAIM)
    other_stage = KeyRing(stage="other", current="k1", keys=RING.keys)
    other_key = KeyRing(stage="test", current="k1", keys={"k1": b"another key of thirty-two bytes, or more"})
    no_key = KeyRing(stage="test", current="k2", keys={"k2": b"a key of thirty-two bytes, or more"})
    assert [sign_in_links.read(ring, token) for ring in (other_stage, other_key, no_key)] == [None] * 3
    invitation = tokens.make(RING, tokens.Claim("k1", "acc_01", "inv_01", 3))
    assert sign_in_links.read(RING, invitation) is None
