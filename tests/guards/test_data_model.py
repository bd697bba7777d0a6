"""``data-model.md`` names every attribute of every table, every event and every fact."""

import re
from pathlib import Path

import pytest
from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.domain.event_facts import SUPPORT_ONLY
from chalicelib.domain.event_types import EventType
from chalicelib.store.tables import MODELS
from chalicelib.store.tables.texts import OwnJson, OwnText, OwnTexts, Personal
from devstack.package import ROOT


def document() -> Path:
    """The document, in any folder under docs/."""
    (found,) = (ROOT / "docs").rglob("data-model.md")
    return found


def named_in(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def section_of(table: str) -> str:
    """The section under a table's heading, which may name several tables."""
    sections = re.split(r"^#{2,3} ", document().read_text().partition("\n## Attributes\n")[2], flags=re.MULTILINE)
    return "\n".join(each for each in sections if table in re.split(r", ", each.partition("\n")[0].strip()))


@pytest.mark.parametrize("table", sorted(MODELS))
def test_every_attribute_of_a_table_is_named_in_the_document(table: str) -> None:
    attributes = {str(each.attr_name) for each in MODELS[table].get_attributes().values()}
    missing = attributes - named_in(section_of(table))
    assert missing == set(), f"say in {document().relative_to(ROOT)}, under Attributes, {table}, what these are"


def test_every_event_and_every_fact_is_named_in_the_document() -> None:
    facts = {name for event in EventType for name in event.entry.shown} | SUPPORT_ONLY
    events = document().read_text().partition("\n## Events\n")[2]
    missing = (facts | {each.value for each in EventType}) - named_in(events)
    assert missing == set(), f"say in {document().relative_to(ROOT)}, under Events, what these are"


@pytest.mark.parametrize("table", sorted(MODELS))
def test_every_text_attribute_says_whether_it_is_personal(table: str) -> None:
    """I6: scrubbing and erasing follow from it."""
    texts = (UnicodeAttribute, UnicodeSetAttribute, JSONAttribute)
    decided = (Personal, OwnText, OwnTexts, OwnJson)
    attributes = MODELS[table].get_attributes().items()
    open_ones = [name for name, each in attributes if isinstance(each, texts) and not isinstance(each, decided)]
    assert open_ones == [], "make each of them one of the classes in store/tables/texts.py"
