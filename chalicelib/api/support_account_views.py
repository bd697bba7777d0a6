"""One billing account, as the support desk reads and edits it."""

from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib import settings
from chalicelib.api import desk_shaping
from chalicelib.api.desk import PATH, ForTicket, desk, reader, tagged
from chalicelib.api.desk_schemas import SupportAccount
from chalicelib.api.fields import Managers
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import HistoryQuery, listed_events
from chalicelib.api.schemas import EventAnswer, Page
from chalicelib.domain.accounts import AccountStatus, Channel, ManagedBy
from chalicelib.domain.errors import AccountNotFound, NoAdmin, OwnAccount, SupportOnly, VersionConflict
from chalicelib.operations import desk_reads
from chalicelib.operations import edit_account as editing

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts/{account_id}"


class EditAccount(ForTicket):
    """What is to be different. A plan brings its bound of managers with it; ``max_managers`` null is no bound."""

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
def support_view_account(call: Call, account_id: str) -> Answer:
    """An account with its contacts, limits and version."""
    return _shown(desk_reads.account(reader(call), account_id))


@endpoint(
    bp,
    "PATCH",
    _PATH,
    tag="support",
    body=EditAccount,
    answers=SupportAccount,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, NoAdmin, VersionConflict],
)
def edit_account(call: Call, account_id: str, body: EditAccount) -> Answer:
    """Changes plan, bound, policy, status or channel of an account; a channel stays as it is set here."""
    limits = settings.current().limits
    editing.edit_account(desk(call, body), account_id, body.changes, version=call.if_match, limits=limits, now=call.now)
    return _shown(desk_reads.account(reader(call), account_id))


@endpoint(
    bp,
    "GET",
    _PATH + "/history",
    tag="support",
    query=HistoryQuery,
    answers=Page[EventAnswer],
    refusals=[SupportOnly, AccountNotFound],
)
def support_account_history(call: Call, account_id: str, query: HistoryQuery) -> Answer:
    """What happened on the account, newest first; of these types if any is named.

    Of an edit, `data` has the values: `<field>_before` and `<field>_after`.
    """
    return listed_events(
        f"support {account_id} history",
        query,
        lambda types, part: desk_reads.account_history(reader(call), account_id, types, part),
    )


def _shown(view: desk_reads.AccountView) -> Answer:
    most_pending = settings.current().pending_invitations_per_account
    return tagged(desk_shaping.account(view, most_pending=most_pending), view.account.version)
