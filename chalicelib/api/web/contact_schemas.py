"""The shapes of answers about contacts for the support desk."""

from typing import Literal

from chalicelib.api.web.schemas import AnswerModel, ContactAnswer, Moment


class SupportContact(ContactAnswer):
    """A contact with its version, which is also the ETag; send it as If-Match to edit what you have read."""

    version: int


class EditedContact(SupportContact):
    """A contact after an edit, or with ``dry_run`` as it would be.

    ``touches`` says whether the edit touches the Sold To, the Bill To or both; ``before`` holds the earlier values
    of the fields that changed.
    """

    touches: list[Literal["sold_to", "bill_to"]]
    changed: list[str]
    before: dict[str, str]
    dry_run: bool


class SyncErrorAnswer(AnswerModel):
    """Why Zuora refused: its code and its reason."""

    code: str
    reason: str


class OutOfStepAnswer(AnswerModel):
    """A contact that Zuora does not have as it is here, or a choice of one that is not in place."""

    kind: Literal["contact", "choice"]
    account_id: str | None
    contact_id: str | None
    role: Literal["sold_to", "bill_to"] | None
    state: Literal["pending", "failed", "deleted_in_zuora"]
    at: Moment
    error: SyncErrorAnswer | None


class DriftAnswer(AnswerModel):
    """A difference between Zuora and our copy; ``fields`` names what differs."""

    kind: Literal["contact_differs", "contact_missing", "parts_differ", "account_differs", "account_missing"]
    account_id: str
    contact_id: str | None
    fields: list[str]
    found_at: Moment
