"""Invitation tokens that are forged or incomplete: one answer for all of them, without reading a table (S4)."""

import base64

import pytest

from chalicelib import wiring
from chalicelib.domain import tokens
from chalicelib.domain.tokens import Claim, KeyRing
from tests.api.json_diff import anonymised
from tests.api.role_matrix import RoleMatrix

OTHER_KEY = {"k1": b"another deployment's key, 0123456789abcdef0123456789abcdef"}


@pytest.fixture
def wrong(matrix: RoleMatrix) -> dict[str, str]:
    """Every kind of text that is not the token."""
    ring, token = wiring.key_ring(), matrix.token
    claim = tokens.read(ring, token)
    assert claim is not None
    payload, mac = token.split(".")
    other = Claim(claim.key_id, claim.account_id, claim.invitation_id, claim.generation + 1)
    named = Claim("k9", claim.account_id, claim.invitation_id, claim.generation)
    return {
        "empty": "",
        "random": "Zm9v.YmFy",
        "no dot": payload + mac,
        "two dots": f"{token}.x",
        "only a payload": f"{payload}.",
        "only a MAC": f".{mac}",
        "cut off": token[:-1],
        "longer": f"{token}A",
        "padded": f"{token}=",
        "another last character": token[:-1] + ("A" if token[-1] != "A" else "E"),
        "in capitals": token.upper(),
        "swapped halves": f"{mac}.{payload}",
        "another generation": f"{tokens.make(ring, other).split('.')[0]}.{mac}",
        "another stage": tokens.make(KeyRing("prod", ring.current, ring.keys), claim),
        "another key": tokens.make(KeyRing(ring.stage, "k1", OTHER_KEY), claim),
        "an unknown key id": tokens.make(KeyRing(ring.stage, "k9", {"k9": ring.keys["k1"]}), named),
        "too few parts": f"{_encoded(b'k1|acc|inv')}.{mac}",
        "no number": f"{_encoded(b'k1|acc|inv|x')}.{mac}",
        "a huge number": f"{_encoded(b'k1|acc|inv|' + b'9' * 300)}.{mac}",
        "not ASCII": "\u00e9.\u00e9",
        "bytes that are no text": f"{_encoded(bytes([255, 254]))}.{mac}",
        "very long": "A" * 2000,
        "with a zero byte": "a\x00.b",
        "the invitation's id": matrix.invitation_id,
    }


@pytest.mark.parametrize("path", ["preview", "accept", "decline", "request-new"])
@pytest.mark.parametrize("name", ["stranger", "invitee", "manager"])
def test_every_wrong_token_gets_the_same_answer_without_reading_a_table(
    matrix: RoleMatrix, wrong: dict[str, str], path: str, name: str
) -> None:
    """S4, S20: byte-identical apart from the request id; the genuine one is found, which costs a read."""
    answers = {}
    with matrix.world.unchanged(), matrix.world.calls_to_dynamodb() as calls:
        for kind, token in wrong.items():
            answer = matrix.world.call("POST", f"/v1/invitations/{path}", matrix.who(name), {"token": token})
            assert (answer.status, answer.code) == (404, "invitation_not_found"), kind
            answers[kind] = anonymised(answer)
    assert calls == []
    assert len(set(answers.values())) == 1
    with matrix.world.calls_to_dynamodb() as calls:
        genuine = matrix.world.call("POST", "/v1/invitations/preview", matrix.who(name), {"token": matrix.token})
    assert (genuine.status, calls) == (200, ["BatchGetItem"])


PASTES = (
    " {}", "{}\n", "#{}", "\t#{} ", "https://portal.example/invitations#{}", "<https://portal.example/invitations#{}>",
)  # fmt: skip


def test_a_pasted_token_works_with_what_was_copied_along(matrix: RoleMatrix) -> None:
    """R21: with blanks, line breaks, the ``#``, the whole link; on every route that takes it."""
    half = len(matrix.token) // 2
    broken = f"{matrix.token[:half]}\r\n  {matrix.token[half:]}"
    for pasted in (*(each.format(matrix.token) for each in PASTES), broken):
        body = {"token": pasted}
        assert matrix.world.call("POST", "/v1/invitations/preview", None, body).status == 200, pasted
        answer = matrix.world.call("POST", "/v1/invitations/request-new", None, body)
        assert answer.code == "invitation_still_valid", pasted
    body = {"token": PASTES[4].format(matrix.token)}
    assert matrix.world.call("POST", "/v1/invitations/accept", matrix.who("invitee"), body).status == 201
    assert matrix.world.call("POST", "/v1/invitations/decline", None, body).code == "invitation_used"


def test_a_genuine_token_of_a_missing_invitation_gets_that_answer_too(matrix: RoleMatrix) -> None:
    """S4: a token alone proves nothing about an invitation."""
    ring = wiring.key_ring()
    claim = tokens.read(ring, matrix.token)
    assert claim is not None
    gone = [
        Claim(claim.key_id, claim.account_id, "inv_01ARZ3NDEKTSV4RRFFQ69G5FAV0123456789", 1),
        Claim(claim.key_id, matrix.other_account, claim.invitation_id, 1),
    ]
    wrong = matrix.world.call("POST", "/v1/invitations/preview", None, {"token": "Zm9v.YmFy"})
    for each in gone:
        answer = matrix.world.call("POST", "/v1/invitations/preview", None, {"token": tokens.make(ring, each)})
        assert anonymised(answer) == anonymised(wrong)


def test_a_token_of_another_generation_is_superseded(matrix: RoleMatrix) -> None:
    """R14: made with the right key, older or newer than the newest mail: 410 with that mail's date."""
    ring = wiring.key_ring()
    claim = tokens.read(ring, matrix.token)
    assert claim is not None
    path = f"/v1/billing-accounts/{matrix.account}/invitations/{matrix.invitation_id}"
    sent_at = matrix.world.ok("GET", path, matrix.who("admin"))["last_sent_at"]
    for generation in (0, 2, 99):
        other = Claim(claim.key_id, claim.account_id, claim.invitation_id, generation)
        for name, url in ((None, "preview"), ("invitee", "accept")):
            who = matrix.who(name) if name else None
            body = {"token": tokens.make(ring, other)}
            answer = matrix.world.call("POST", f"/v1/invitations/{url}", who, body)
            assert (answer.status, answer.code) == (410, "invitation_superseded")
            assert answer.json["newer_sent_at"] == sent_at


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
