"""One billing account, as the support desk reads and edits it."""

from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib import settings
from chalicelib.api.support import support_serializers
from chalicelib.api.support.agents import PATH, ForTicket, desk, reader, tagged
from chalicelib.api.support.support_schemas import SupportAccount
from chalicelib.api.web.answers import Page
from chalicelib.api.web.event_answers import EventAnswer
from chalicelib.api.web.fields import Managers
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import HistoryQuery, listed_events
from chalicelib.domain.accounts import AccountStatus, Channel, ManagedBy
from chalicelib.domain.errors import AccountNotFound, NoAdmin, OwnAccount, SupportOnly, VersionConflict
from chalicelib.operations.accounts import edit_account as editing
from chalicelib.operations.accounts import support_views

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts/{account_id}"


class EditAccount(ForTicket):
    """The changes. A plan sets its limit of managers; ``max_managers`` null is no limit."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in editing.FIELDS]})

    plan: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")] | None = None
    max_managers: Managers | None = None
    managed_by: ManagedBy = ManagedBy.MANAGERS
    status: AccountStatus = AccountStatus.ACTIVE
    channel: Channel = Channel.DIRECT

    @model_validator(mode="after")
    def _something(self) -> "EditAccount":
        if not self.changes:
            raise PydanticCustomError(
                "missing", "at least one of {fields} is needed", {"fields": ", ".join(editing.FIELDS)}
            )
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return {name: getattr(self, name) for name in editing.FIELDS if name in self.model_fields_set}


@endpoint(bp, "GET", _PATH, tag="support", answers=SupportAccount, refusals=[SupportOnly, AccountNotFound])
def support_view_account(request: Request, account_id: str) -> Response:
    """An account with its contacts, limits and version."""
    return _shown(support_views.account(reader(request), account_id))


@endpoint(
    bp,
    "PATCH",
    _PATH,
    tag="support",
    answers=SupportAccount,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, NoAdmin, VersionConflict],
)
def edit_account(request: Request, account_id: str, body: EditAccount) -> Response:
    """Changes plan, limit of managers, policy, status or channel of an account; a channel set here is kept."""
    editing.edit_account(
        desk(request, body), account_id, body.changes, version=request.if_match, context=request.context
    )
    return _shown(support_views.account(reader(request), account_id))


@endpoint(
    bp,
    "GET",
    _PATH + "/history",
    tag="support",
    answers=Page[EventAnswer],
    refusals=[SupportOnly, AccountNotFound],
)
def support_account_history(request: Request, account_id: str, query: HistoryQuery) -> Response:
    """What happened on the account, newest first; of these types if any is named.

    Of an edit, `data` has the values: `<field>_before` and `<field>_after`.
    """
    return listed_events(
        f"support {account_id} history",
        query,
        lambda types, part: support_views.account_history(reader(request), account_id, types, part),
    )


def _shown(view: support_views.AccountView) -> Response:
    most_pending = settings.current().pending_invitations_per_account
    return tagged(support_serializers.account(view, most_pending=most_pending), view.account.version)
