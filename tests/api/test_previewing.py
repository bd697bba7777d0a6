"""What a person with a link may know before accepting."""

from tests.api.role_matrix import Stage

PREVIEW = "/v1/invitations/preview"


def test_a_preview_shows_the_offer_and_only_a_masked_address(stage: Stage) -> None:
    """R6, R15: to anybody who holds the link, signed in or not."""
    path = f"/v1/billing-accounts/{stage.account}/invitations/{stage.invitation_id}"
    made = stage.world.ok("GET", path, stage.who("admin"))
    shown = stage.world.ok("POST", PREVIEW, None, {"token": stage.token})
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


def test_a_preview_says_whether_the_invitation_is_for_the_signed_in_person(stage: Stage) -> None:
    """R15: so that nobody tries in vain; an unverified address does not match."""
    unverified = stage.world.person("ivan@acme.example", email_verified=False)
    for who, masked, matches in (
        (stage.who("invitee"), "i***@acme.example", True),
        (stage.who("stranger"), "s***@elsewhere.example", False),
        (stage.who("manager"), "m***@acme.example", False),
        (unverified, "i***@acme.example", False),
    ):
        shown = stage.world.ok("POST", PREVIEW, who, {"token": stage.token})
        assert shown["you"] == {"email_masked": masked, "matches": matches}
