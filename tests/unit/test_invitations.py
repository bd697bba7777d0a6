"""How an invitation is seen at a moment, and what a replay shows of it."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.invitations import InvitationStatus
from tests.unit.builders import NOW, SECOND, invitation

EXPIRY = NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("now", "status", "ended_at"),
    [
        (EXPIRY - SECOND, InvitationStatus.PENDING, None),
        (EXPIRY, InvitationStatus.EXPIRED, EXPIRY),
        (EXPIRY + SECOND, InvitationStatus.EXPIRED, EXPIRY),
    ],
    ids=["a second before", "the very moment", "a second after"],
)
def test_a_pending_invitation_past_its_time_is_seen_as_expired(
    now: datetime, status: InvitationStatus, ended_at: datetime | None
) -> None:
    """R20, I3: swept or not; it ended when its time was over."""
    seen = invitation().seen_at(now)
    assert (seen.status, seen.ended_at) == (status, ended_at)


@pytest.mark.parametrize("status", [each for each in InvitationStatus if each is not InvitationStatus.PENDING])
def test_one_that_has_ended_stays_as_it_ended(status: InvitationStatus) -> None:
    """R20."""
    ended = invitation(status=status, ended_at=NOW)
    assert ended.seen_at(EXPIRY + SECOND) == ended
    assert not ended.is_overdue(EXPIRY + SECOND)


def test_one_without_expiry_is_never_overdue() -> None:
    """R10."""
    link = invitation(expires_at=None)
    assert link.seen_at(NOW + timedelta(days=9999)) is link
