"""What all answers have in common: the model, a page of a list, a problem."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from chalicelib.api.web import problems

T = TypeVar("T")


Moment = Annotated[
    AwareDatetime,
    PlainSerializer(problems.rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class AnswerModel(BaseModel):
    """An answer: exactly the named fields."""

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)


class Page(AnswerModel, Generic[T]):
    """One page of a list."""

    data: list[T]
    next_cursor: str | None


class FieldProblem(BaseModel):
    """One field that is not right."""

    field: str
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457). ``code`` is stable and for programs, ``detail`` is for a person."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | None = None


def page_of(data: Sequence[T], next_cursor: str | None) -> Page[T]:
    """One page of a list."""
    return Page[T](data=list(data), next_cursor=next_cursor)
