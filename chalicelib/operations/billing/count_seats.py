"""Counts the seats of a subscription, and finds the plan that it has today (R56)."""

from datetime import date, timedelta
from decimal import Decimal

from chalicelib.domain.seat_charges import SeatCharges
from chalicelib.domain.zuora_lists import ZuoraCharge, ZuoraRatePlan, ZuoraSubscription
from chalicelib.frozen import frozen

_RECURRING = frozenset({"", "recurring"})


@frozen
class Standing:
    """What a subscription is today; after its end, what it was on its last day.

    ``seats`` is None where no charge counts any. ``plan`` is the newest of the plans with seats, ``plan_since`` the day
    on which it began; ``products`` are those of all plans that there are now.
    """

    seats: int | None
    plan: str | None
    plan_since: date | None
    products: tuple[str, ...]


@frozen
class _Seated:
    plan: ZuoraRatePlan
    since: date | None
    seats: Decimal


def standing(subscription: ZuoraSubscription, counting: SeatCharges, *, today: date) -> Standing:
    """Counts the charges that ``counting`` names; removed rate plans and segments that are over are left out."""
    day = _day(subscription, today)
    plans = [plan for plan in subscription.rate_plans if _is_there(plan, day)]
    seated = [found for plan in plans if (found := _seated(plan, counting, day)) is not None]
    newest = max(seated, key=lambda each: each.since or date.min, default=None)
    has_seats = seated or any(_seat_charges(plan, counting) for plan in subscription.rate_plans)
    return Standing(
        seats=int(sum((each.seats for each in seated), Decimal())) if has_seats else None,
        plan=newest.plan.name or newest.plan.product_name or None if newest else None,
        plan_since=newest.since if newest else None,
        products=tuple(dict.fromkeys(plan.product_name for plan in plans if plan.product_name)),
    )


def _day(subscription: ZuoraSubscription, today: date) -> date:
    """Today, or the last day of a subscription that is over: on the day on which it ends it has none."""
    ends_on = subscription.ends_on
    if ends_on is None or today < ends_on or ends_on == date.min:
        return today
    return ends_on - timedelta(days=1)


def _is_there(plan: ZuoraRatePlan, day: date) -> bool:
    if plan.is_removed:
        return False
    return not plan.charges or any(charge.segment_on(day) is not None for charge in plan.charges)


def _seated(plan: ZuoraRatePlan, counting: SeatCharges, day: date) -> _Seated | None:
    charges = _seat_charges(plan, counting)
    segments = [segment for charge in charges if (segment := charge.segment_on(day)) is not None]
    if not segments:
        return None
    quantities = [segment.quantity for segment in segments if segment.quantity is not None]
    return _Seated(plan, _first_day(charges), sum(quantities, Decimal()))


def _seat_charges(plan: ZuoraRatePlan, counting: SeatCharges) -> list[ZuoraCharge]:
    return [
        charge
        for charge in plan.charges
        if charge.type.strip().lower() in _RECURRING and counting.count([*charge.names, *plan.names])
    ]


def _first_day(charges: list[ZuoraCharge]) -> date | None:
    days = [segment.starts_on for charge in charges for segment in charge.segments if segment.starts_on is not None]
    return min(days, default=None)
