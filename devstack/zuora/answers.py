"""What the fake says over HTTP: answers, and refusals with the status that the caller's Zuora-Version gives them."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from devstack.zuora.calls import Call
from devstack.zuora.refusals import LIMIT, STATUS_OF_CATEGORY, Refusal

JSON_TYPE = "application/json;charset=UTF-8"
# From this minor version on a refusal has a status of its own; before, it came with 200 and success:false.
STATUSES_SINCE = date(2024, 5, 20)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; the server adds the headers that every answer has. One that ``drips`` comes byte by byte."""

    content: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    drips: bool = False


def json_answer(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """The body as JSON."""
    return Answer(json.dumps(body).encode(), status=status, headers=headers or {})


def refused(refusal: Refusal, call: Call, *, status: int | None = None) -> Answer:
    """The body and status of a refusal; Object Query has a shape of its own and always the status."""
    reasons = [{"code": refusal.code, "message": refusal.message}]
    own_status = status or STATUS_OF_CATEGORY[refusal.category]
    shared = {"reasons": reasons, "requestId": call.request_id}
    if call.path.startswith("/object-query/"):
        return json_answer(shared, status=own_status)
    body = {"success": False, "processId": uuid.uuid4().hex[:16].upper()} | shared
    keeps_status = status is not None or _has_statuses(call.version) or own_status == STATUS_OF_CATEGORY[LIMIT]
    return json_answer(body, status=own_status if keeps_status else 200)


def _has_statuses(version: str) -> bool:
    """Whether this Zuora-Version answers refusals with a status; legacy numbers and no version do not."""
    try:
        return date.fromisoformat(version) >= STATUSES_SINCE
    except ValueError:
        return False
