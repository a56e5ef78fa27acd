"""How DuckDB writes conditions. That it answers as all other engines do is shown in tests/agreement and conformance."""

import pytest

from kohorte.dsl.sql import elements
from kohorte.dsl.sql.duckdb import WRITERS
from kohorte.dsl.sql.elements import Condition, Element

AS_ON_SQLITE = {elements.StartsWith, elements.StartsNotWith}
"""Ranges of prefixes, which are right wherever text is ordered by code point."""
_KINDS = (Element, Condition)
OURS = [
    each
    for each in vars(elements).values()
    if isinstance(each, type) and issubclass(each, Element) and each not in _KINDS
]


@pytest.mark.parametrize("element", OURS, ids=lambda each: each.__name__)
def test_no_element_is_written_for_sqlite_by_accident(element: type) -> None:
    assert (element in WRITERS) != (element in AS_ON_SQLITE)
