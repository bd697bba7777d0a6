"""One request as the routes see it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from devstack.zuora.refusals import INVALID_PARAMETER, MALFORMED, Refusal


@dataclass(frozen=True, slots=True)
class Call:
    """Method, path and what came with them; ``parameters`` are the parts of the path that the route names."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Message  # names in any case
    content: bytes
    base_url: str
    parameters: Mapping[str, str]
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def version(self) -> str:
        """The Zuora-Version asked for; without the header, that of a tenant which never upgraded."""
        return self.headers.get("Zuora-Version", "186.0")

    def body(self) -> dict[str, Any]:
        """The JSON object that came with the call; refuses anything else as malformed."""
        try:
            body = json.loads(self.content)
        except ValueError as problem:
            raise Refusal(MALFORMED, "The request body is not valid JSON.") from problem
        if not isinstance(body, dict):
            raise Refusal(MALFORMED, "The request body must be a JSON object.")
        return body

    def one(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def whole_number(self, name: str, *, default: int, largest: int) -> int:
        """A query parameter between 1 and its largest value; refuses others as invalid."""
        text = self.one(name, str(default)) or ""
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= largest):
            raise Refusal(INVALID_PARAMETER, f"Invalid query parameter '{name}': 1 to {largest} are allowed.")
        return int(text)

    def only_parameters(self, *known: str) -> None:
        """Refuses query parameters that the call does not have."""
        unknown = sorted({name for name, _ in self.query} - set(known))
        if unknown:
            raise Refusal(INVALID_PARAMETER, f"Invalid query parameter(s): '{','.join(unknown)}'.")
