"""The page of forms shows every one that the grammar has, but for those that are reserved."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import attrs

from kohorte.dsl.rule_files.text import split
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.parser import parse
from tests.docs.pages import ROOT, blocks

PAGE: Final = ROOT / "docs" / "reference" / "rule-forms.md"
RESERVED: Final = {ast.HasConsent, ast.Converted}
BOTH_WAYS: Final = {"negated", "present", "more", "forward", "every", "distinct", "exact"}


def forms_of(node: Any) -> Iterator[object]:
    """Yield the kinds of node in a tree, its choices, and whether it is the one or the other."""
    if isinstance(node, tuple):
        for each in node:
            yield from forms_of(each)
    elif isinstance(node, Enum):
        yield node
    elif attrs.has(type(node)):
        yield type(node)
        for name in attrs.fields_dict(type(node)):
            value = getattr(node, name)
            yield from [(type(node), name, value)] if name in BOTH_WAYS else forms_of(value)


def all_forms() -> set[object]:
    kinds = [each for each in vars(ast).values() if isinstance(each, type) and each.__module__ == ast.__name__]
    nodes = [each for each in kinds if attrs.has(each) and each not in (ast.Node, ast.Span)]
    choices = {member for kind in kinds if issubclass(kind, Enum) for member in kind}
    ways = {
        (node, name, value)
        for node in nodes
        for name in BOTH_WAYS & {*attrs.fields_dict(node)}
        for value in (True, False)
    }
    return {*nodes, *choices, *ways}


def test_every_form_stands_on_the_page_with_examples_that_are_run() -> None:
    shown = {
        form for block in blocks(PAGE) if block.language == "kohorte" for form in forms_of(parse(split(block.text)[0]))
    }
    assert all_forms() - RESERVED - shown == set()
