"""Charges as Zuora shows them: by their last segment, the one of today, or all of them (``charge-detail``)."""

from typing import Any

LAST, CURRENT, ALL = "last-segment", "current-segment", "all-segments"
DETAILS = (LAST, CURRENT, ALL)


def shown(subscription: dict[str, Any], detail: str, today: str) -> dict[str, Any]:
    """The subscription with its charges in one of the three ways; ``today`` is yyyy-mm-dd."""
    plans = subscription["ratePlans"]
    if not isinstance(plans, list):
        return subscription
    return subscription | {"ratePlans": [_plan(plan, detail, today) for plan in plans]}


def _plan(plan: Any, detail: str, today: str) -> Any:
    if not isinstance(plan, dict) or not isinstance(plan["ratePlanCharges"], list):
        return plan
    charges = [each for charge in plan["ratePlanCharges"] for each in _charge(charge, detail, today)]
    return plan | {"ratePlanCharges": charges}


def _charge(charge: Any, detail: str, today: str) -> list[Any]:
    """The charge; none if it has no segment today and that is what was asked for."""
    if not isinstance(charge, dict) or not isinstance(charge["chargeSegments"], list) or detail == ALL:
        return [charge]
    segments = charge["chargeSegments"]
    chosen = segments[-1:] if detail == LAST else [each for each in segments if _is_on(each, today)][-1:]
    rest = {name: value for name, value in charge.items() if name != "chargeSegments"}
    return [rest | segment if isinstance(segment, dict) else segment for segment in chosen]


def _is_on(segment: Any, today: str) -> bool:
    """Whether it counts today; the day on which it ends does not."""
    if not isinstance(segment, dict):
        return False
    start, end = segment["effectiveStartDate"], segment["effectiveEndDate"]
    return (start is None or str(start) <= today) and (end is None or today < str(end))
