"""The numbers that bound what people may do; every one is a setting (R5, R7, R8, R10, R24)."""

from collections.abc import Mapping
from datetime import timedelta

from chalicelib.frozen import frozen


@frozen
class Limits:
    """The product's limits. None means unlimited."""

    memberships_per_customer: int | None
    pending_invitations: int
    managers_by_plan: Mapping[str, int | None]
    invitation_days: int
    resend_cooldown: timedelta
    mails_per_account_and_address: int
    mails_per_address: int
    invitations_per_inviter: int
    invitations_per_account: int
    changes_per_manager: int
    retention: timedelta
    idempotency: timedelta = timedelta(hours=24)

    def max_managers(self, plan: str | None) -> int | None:
        """The most managers that a plan allows; None for no bound, also for a plan that is not listed."""
        return self.managers_by_plan.get(plan or "")
