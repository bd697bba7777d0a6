"""What a person with a link may know before accepting."""

from tests.api.role_matrix import RoleMatrix

PREVIEW = "/v1/invitations/preview"


def test_a_preview_shows_the_offer_and_only_a_masked_address(matrix: RoleMatrix) -> None:
    """R6, R15: to anybody who holds the link, signed in or not."""
    path = f"/v1/billing-accounts/{matrix.account}/invitations/{matrix.invitation_id}"
    made = matrix.world.ok("GET", path, matrix.who("admin"))
    shown = matrix.world.ok("POST", PREVIEW, None, {"token": matrix.token})
    assert shown == {
        "account_name": "Acme Ltd",
        "inviter_name": "Olga Owner",
        "kind": "email",
        "role": "manager",
        "status": "pending",
        "expires_at": made["expires_at"],
        "email_masked": "i***@acme.example",
        "you": None,
    }


def test_a_preview_says_whether_the_invitation_is_for_the_signed_in_person(matrix: RoleMatrix) -> None:
    """R15: so that nobody tries in vain; an unverified address does not match."""
    unverified = matrix.world.person("ivan@acme.example", email_verified=False)
    for who, masked, matches in (
        (matrix.who("invitee"), "i***@acme.example", True),
        (matrix.who("stranger"), "s***@elsewhere.example", False),
        (matrix.who("manager"), "c***@acme.example", False),
        (unverified, "i***@acme.example", False),
    ):
        shown = matrix.world.ok("POST", PREVIEW, who, {"token": matrix.token})
        assert shown["you"] == {"email_masked": masked, "matches": matches}
