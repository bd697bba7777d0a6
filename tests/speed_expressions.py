"""Lets moto read each expression once, and walk the tree of an update without asking every node for every class.

What an expression means is left to moto: the same parsers, validators and operators run, and refuse the same.
"""

import json
import pickle
from collections import deque
from copy import deepcopy
from functools import cache, lru_cache
from typing import Any

import pytest
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.parsing import ast_nodes, expressions, validators

_untyped: Any = ast_nodes
Node, DepthFirstTraverser = _untyped.Node, _untyped.DepthFirstTraverser
_untyped = expressions
UpdateExpressionParser = _untyped.UpdateExpressionParser
_NODES = (Node,)
_SMALL = 1000  # characters; DynamoDB's limit for an item is 400,000
_make = lru_cache(4096)(UpdateExpressionParser.make)
_pickled = lru_cache(4096)(pickle.dumps)
_lex, _parse = ConditionExpressionParser._lex_condition_expression, ConditionExpressionParser.parse  # noqa: SLF001 -- no public way in
_all_processors = validators.UpdateExpressionValidator.get_ast_processors
_OF_EXPRESSION = (validators.ActionCountValidator, validators.OverlappingPathsValidator)
_set_item = LimitedSizeDict.__setitem__


def speed_up_expressions(patch: pytest.MonkeyPatch) -> None:
    """Expressions are parsed once, and trees walked by the classes of their nodes."""
    patch.setattr(UpdateExpressionParser, "make", _make)
    patch.setattr(validators, "deepcopy", _copied)
    patch.setattr(validators.UpdateExpressionValidator, "get_ast_processors", _processors)
    patch.setattr(DepthFirstTraverser, "traverse", _traverse)
    patch.setattr(ConditionExpressionParser, "_lex_condition_expression", _lexed)
    patch.setattr(ConditionExpressionParser, "parse", _parsed)
    patch.setattr(LimitedSizeDict, "__setitem__", _set_small_item)


def _copied(thing: Any) -> Any:
    """A copy of a parsed expression (which the validators change), or of anything else."""
    return pickle.loads(_pickled(thing)) if isinstance(thing, Node) else deepcopy(thing)  # noqa: S301 -- our own


def _processors(validator: Any) -> list[Any]:
    """As moto's own; what depends on the expression alone is asked once for each expression."""
    found = [each for each in _all_processors(validator) if not isinstance(each, _OF_EXPRESSION)]
    return [_OnceForEach(json.dumps(validator.expression_attribute_names)), *found]


class _OnceForEach(DepthFirstTraverser):  # type: ignore[misc,valid-type]  # moto has no types there
    """Counts clauses and compares paths, of an expression with these names."""

    def __init__(self, names: str) -> None:
        self._names = names

    def _processing_map(self) -> Any:
        return {}

    def traverse(self, node: Any) -> Any:
        _refuse_unsound(pickle.dumps(node), self._names)
        return node


@lru_cache(4096)
def _refuse_unsound(expression: bytes, names: str) -> None:
    node = pickle.loads(expression)  # noqa: S301 -- our own
    for each in (validators.ActionCountValidator(), validators.OverlappingPathsValidator(json.loads(names))):
        each.traverse(node)


def _traverse(traverser: Any, root: Any) -> Any:
    """As moto's own, children first; classes are compared once for each class of nodes."""
    before_child = traverser.pre_processing_of_child
    if type(traverser).pre_processing_of_child is DepthFirstTraverser.pre_processing_of_child:
        before_child = None
    targets = traverser.nodes_to_be_processed()

    def visit(node: Any, position: int) -> Any:
        parent = node.parent
        for i, child in enumerate(node.children or ()):
            if before_child is not None:
                before_child(node, i)
            if _is_one_of(child.__class__, _NODES):
                visit(child, i)
        if _is_one_of(node.__class__, targets):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[position] = node
        return node

    return visit(root, -1)


@cache
def _is_one_of(kind: Any, targets: Any) -> bool:
    return issubclass(kind, targets)


def _lexed(parser: Any) -> Any:
    return deque(_tokens(parser.condition_expression))


@lru_cache(4096)
def _tokens(expression: str) -> tuple[Any, ...]:
    return tuple(_lex(ConditionExpressionParser(expression, None, None)))


def _parsed(parser: Any) -> Any:
    """The operator of a condition, which keeps no state; a transaction asks for each of them twice."""
    operator, names, values = _operator(
        parser.condition_expression,
        json.dumps(parser.expression_attribute_names),
        json.dumps(parser.expression_attribute_values),
    )
    parser.expr_attr_names_found.extend(names)
    parser.expr_attr_values_found.extend(values)
    return operator


@lru_cache(4096)
def _operator(expression: str | None, names: str, values: str) -> tuple[Any, list[str], list[str]]:
    parser = ConditionExpressionParser(expression, json.loads(names), json.loads(values))
    return _parse(parser), parser.expr_attr_names_found, parser.expr_attr_values_found


def _set_small_item(item: Any, key: str, value: Any) -> None:
    """Without adding up the whole item for each small text of it."""
    text = value.value if type(value) is DynamoType else value
    if isinstance(text, str) and len(text) < _SMALL:
        dict.__setitem__(item, key, value)
    else:
        _set_item(item, key, value)
