"""Fields that several requests share, with their checks."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from chalicelib.addresses import normalised
from chalicelib.domain.addresses import Address
from chalicelib.domain.contact_limits import LONGEST
from chalicelib.domain.texts import cleaned


class RequestModel(BaseModel):
    """A body or a query: nothing but the named fields, and of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True, frozen=True)


class AllowMultiple:
    """Marks a query parameter that may be given more than once."""


def in_words(rule: str) -> WrapValidator:
    """Says of a text of another form how it should be; the pattern itself tells people nothing."""

    def checked(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            if any(each["type"] == "string_pattern_mismatch" for each in error.errors()):
                raise PydanticCustomError("form", "{rule}", {"rule": rule}) from None
            raise

    return WrapValidator(checked)


def _address(text: str) -> Address:
    return normalised(text)


def _lines(text: str) -> str | None:
    return cleaned(text, multiline=True) or None


def _whole_number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _without_fraction(value: Any) -> Any:
    """JSON knows one kind of number: 8.0 is as whole as 8."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


EmailAddress = Annotated[
    str,
    Field(max_length=254, description="Exactly one plain e-mail address.", json_schema_extra={"format": "email"}),
    AfterValidator(_address),
]
Message = Annotated[
    str,
    Field(max_length=500, description="A personal note, plain text; control characters are taken out."),
    AfterValidator(_lines),
]
Reason = Annotated[
    str,
    Field(max_length=500, description="Why, in the person's own words; control characters are taken out."),
    AfterValidator(_lines),
]
PlainReason = Annotated[
    str,
    Field(
        min_length=1, max_length=500, pattern=r"^[^@]*[^@\s][^@]*$", description="Why, in words that name no address."
    ),
    AfterValidator(cleaned),
    in_words("must say why in words, without an e-mail address"),
]
Locale = Annotated[
    str,
    Field(
        max_length=35,
        pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$",
        description="A language tag such as `de` or `de-AT`; English where there is no translation.",
    ),
]
Id = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="An id of ours."), in_words("must be an id of ours")
]
TicketUrl = Annotated[
    str,
    Field(
        max_length=500, pattern=r"^https://[!-.0-?A-~]+/[!-~]+$", description="Link to the ticket that asks for this."
    ),
    in_words("must be the link to a ticket, https://host/path"),
]
Days = Annotated[int, Field(ge=1, le=30), BeforeValidator(_without_fraction)]  # bounds first, or no schema has them
Managers = Annotated[int, Field(ge=1, le=10_000), BeforeValidator(_without_fraction)]
Truth = Annotated[bool, BeforeValidator(lambda value: {"true": True, "false": False}.get(value, value))]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole_number)]
Cursor = Annotated[
    str,
    Field(
        max_length=6000,  # Zuora's own cursors are in those of its lists
        description="`next_cursor` of the page before. A page may be short, or empty, and still name a next one: a"
        " request reads a bounded amount, whatever the filters leave of it. The list ends where `next_cursor` is null.",
    ),
]


def _line(text: str) -> str:
    return cleaned(text)


def _said(text: str) -> str:
    line = cleaned(text)
    if not line:
        raise ValueError("needs a character that can be seen")
    return line


PersonName = Annotated[str, Field(max_length=LONGEST["first_name"]), AfterValidator(_said)]


def _pluses_back(value: Any) -> Any:
    """A ``+`` that is sent bare comes out of a query as a blank; inside an address a blank can only be that."""
    return value.strip(" ").replace(" ", "+") if isinstance(value, str) else value


BlanksArePluses = BeforeValidator(_pluses_back)
"""For addresses, and parts of them, in queries."""


def _only_the_token(value: Any) -> Any:
    """The token of a pasted text: without blanks and line breaks, and without the link before its ``#``."""
    return "".join(value.split()).rpartition("#")[2].rstrip(">") if isinstance(value, str) else value


PastedToken = Annotated[
    str,
    Field(
        max_length=2000,
        description="The token, as it was pasted: blanks and line breaks in it, a `#` or the whole link before it do"
        " not matter.",
    ),
    AfterValidator(_only_the_token),
]
ContactEmail = Annotated[
    str,
    Field(
        max_length=LONGEST["work_email"],
        description="Exactly one plain e-mail address.",
        json_schema_extra={"format": "email"},
    ),
    AfterValidator(_address),
]
Street = Annotated[str, Field(max_length=LONGEST["address1"]), AfterValidator(_line)]
Place = Annotated[
    str,
    Field(max_length=LONGEST["city"], description="A state by name or code; checked in US and Canada."),
    AfterValidator(_line),
]
PostalCode = Annotated[str, Field(max_length=LONGEST["postal_code"]), AfterValidator(_line)]
Country = Annotated[
    str,
    Field(max_length=LONGEST["country"], description="By English name or ISO code; comes back as Zuora names it."),
    AfterValidator(_line),
]


class PageQuery(RequestModel):
    """Which part of a list."""

    limit: Limit = 20
    cursor: Cursor | None = None
