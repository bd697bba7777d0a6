"""PynamoDB's models match the template, and the tests' tables are the template's."""

from typing import Any

import pytest
from pynamodb.indexes import Index
from pynamodb.models import Model

from chalicelib.store.tables import MODELS
from tests import environment

KINDS = {"HASH": "is_hash_key", "RANGE": "is_range_key"}
each_table = pytest.mark.parametrize("table", sorted(environment.tables()))


def model_of(table: str) -> type[Model]:
    return MODELS[table]


def keys(attributes: dict[str, Any]) -> list[dict[str, str]]:
    """A key schema as CloudFormation writes it."""
    return [
        {"AttributeName": str(attribute.attr_name), "KeyType": kind}
        for kind, flag in KINDS.items()
        for attribute in attributes.values()
        if getattr(attribute, flag)
    ]


def indexes_of(model: type[Model]) -> dict[str, Index[Any]]:
    return {index.Meta.index_name: index for index in model._indexes.values()}  # noqa: SLF001 -- it has no public way


def test_every_table_has_a_model_and_the_name_by_which_the_functions_look_for_it() -> None:
    assert environment.tables().keys() == MODELS.keys()
    whole = environment.template()
    prefix = whole["Globals"]["Function"]["Environment"]["Variables"]["TABLE_PREFIX"]["Fn::Sub"]
    for name in MODELS:
        assert whole["Resources"][name]["Properties"]["TableName"] == {"Fn::Sub": f"{prefix}{name}"}


@each_table
def test_the_keys_agree(table: str) -> None:
    assert environment.tables()[table]["KeySchema"] == keys(model_of(table).get_attributes())


@each_table
def test_the_indexes_agree_in_keys_and_projection(table: str) -> None:
    wanted = environment.tables()[table]
    declared = [*wanted.get("LocalSecondaryIndexes", ()), *wanted.get("GlobalSecondaryIndexes", ())]
    found = indexes_of(model_of(table))
    assert {each["IndexName"] for each in declared} == found.keys()
    for each in declared:
        index = found[each["IndexName"]]
        assert each["KeySchema"] == keys(index.Meta.attributes), each["IndexName"]
        assert each["Projection"]["ProjectionType"] == index.Meta.projection.projection_type, each["IndexName"]


@each_table
def test_the_types_of_the_keys_agree(table: str) -> None:
    """Numbers in strings sort wrong, and DynamoDB says nothing."""
    model = model_of(table)
    types = {str(each.attr_name): each.attr_type for each in model.get_attributes().values()}
    for declared in environment.tables()[table]["AttributeDefinitions"]:
        assert types[declared["AttributeName"]] == declared["AttributeType"], declared


@each_table
def test_index_keys_are_attributes_of_the_item(table: str) -> None:
    """Otherwise the index would always be empty."""
    model = model_of(table)
    own = {str(each.attr_name): each.attr_type for each in model.get_attributes().values()}
    for index in indexes_of(model).values():
        for attribute in index.Meta.attributes.values():
            assert own[str(attribute.attr_name)] == attribute.attr_type


def test_the_tests_tables_differ_from_the_template_only_where_it_does_not_matter() -> None:
    """What CreateTable does not accept, or what no test can notice, is named here."""
    left_out = {
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "TableName",
        "TimeToLiveSpecification",
    }
    for name, resource in environment.template()["Resources"].items():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            taken = environment.tables()[name]
            assert resource["Properties"].keys() - taken.keys() <= left_out, name
            for each in resource["Properties"].keys() & taken.keys() - {"StreamSpecification"}:
                assert taken[each] == resource["Properties"][each], name
