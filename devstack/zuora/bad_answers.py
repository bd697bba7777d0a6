"""Answers that are none, made of the true one or in its place: what a client must survive."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devstack.zuora.answers import Answer

HALF = "\ud83d\x00\x07"
DEEP, HUGE = 3_000, 9_000_000


def spoiled(name: str, answer: Answer) -> Answer:
    """The answer as the fault makes it."""
    return replace(answer, content=SPOILERS[name](answer.content))


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _broken_text(content: bytes) -> bytes:
    """Every text ends with half of an emoji, NUL and BEL."""
    return json.dumps(_each(json.loads(content), lambda text: text + HALF)).encode()


def _each(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _each(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_each(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


def _wrong_types(content: bytes) -> bytes:
    """Every text is a list of texts."""
    return json.dumps(_each(json.loads(content), lambda text: [text])).encode()


def _endless(content: bytes) -> bytes:
    """Lists are empty, and always name a next page."""
    return _with(content, lambda _name, value: [] if isinstance(value, list) else value, nextPage="W3sib3JkZXJ=")


def _same_page(content: bytes) -> bytes:
    """The next page is always the same one: of subscriptions by its URL, of others by the cursor of the first page."""
    following = "http://zuora/next?page=2" if b'"subscriptions"' in content else "MA=="
    return _with(content, lambda _name, value: value, nextPage=following)


def _with(content: bytes, change: Callable[[str, Any], Any], **more: str) -> bytes:
    said = json.loads(content)
    return json.dumps({name: change(name, value) for name, value in said.items()} | more).encode()


def _nested(_content: bytes) -> bytes:
    return b'{"success": true, "id": ' + b"[" * DEEP + b"]" * DEEP + b"}"


def _nested_field(content: bytes) -> bytes:
    inner = b'{"a":' * DEEP + b"1" + b"}" * DEEP
    return content[:-1] + b', "Deep__c": ' + inner + b"}"


def _huge(content: bytes) -> bytes:
    return content[:-1] + b', "padding": "' + b"x" * HUGE + b'"}'


def _no_object(_content: bytes) -> bytes:
    return b'["' + b"x" * 10 + b'", 7, null]'


SPOILERS: dict[str, Callable[[bytes], bytes]] = {
    "malformed": _half,
    "broken_text": _broken_text,
    "wrong_types": _wrong_types,
    "endless_pages": _endless,
    "same_page": _same_page,
    "nested": _nested,
    "nested_field": _nested_field,
    "huge": _huge,
    "no_object": _no_object,
}
