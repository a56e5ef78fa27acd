"""How DuckDB (1.3 or later) writes the elements of conditions; nothing of the package ``duckdb`` is needed for that.

Its text lies in UTF-8 and is ordered by bytes, so that ranges find prefixes; ``lower`` knows all of Unicode and GLOB
takes a ``?`` for a byte, so that neither is used. Lists are arrays, JSON arrays are read as such, and sums of whole
numbers cannot overflow.
"""

from typing import Any, Final

from sqlalchemy import ARRAY

from kohorte.dsl.sql import elements
from kohorte.dsl.sql.elements import Clauses, Writer, call_of, write_as

DUCKDB: Final = "duckdb"
"""The name of its dialect."""
_LOWER: Final = "translate({}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"


def _tags(template: str) -> Writer:
    """Read an array from a list column, or from a JSON document; what is no array there is missing."""

    def write(clauses: Clauses) -> str:
        is_list = isinstance(clauses.type_of(0), ARRAY)
        return template if is_list else template.replace("{0[0]}", "TRY_CAST({0[0]} AS VARCHAR[])")

    return write


# What is missing here is written as for SQLite.
WRITERS: Final[dict[type[elements.Element[Any]], Writer]] = {
    elements.IsInArray: "({0[0]} IN (SELECT unnest({0[1]})))",
    elements.IsNotInArray: "({0[0]} NOT IN (SELECT unnest({0[1]})))",
    elements.PerEngine: "{0[1]}",  # as on PostgreSQL: one pass over all rows
    elements.ContainsText: "contains({0[0]}, {0[1]})",
    elements.EndsWith: "ends_with({0[0]}, {0[1]})",
    elements.MatchesGlob: "({0[0]} LIKE {0[1]} ESCAPE '\\')",
    elements.BetweenBoundaries: "(len(list_filter({0[1]}, lambda boundary: boundary <= {0[0]})) % 2 = 1)",
    elements.HasSomeTag: _tags("(coalesce(len({0[0]}), 0) > 0)"),
    elements.HasAnyTag: _tags("coalesce(list_has_any({0[0]}, {0[1]}), false)"),
    elements.HasEveryTag: _tags("coalesce(list_has_all({0[0]}, {0[1]}), false)"),
    elements.MonthDay: "(month({0[0]}) * 100 + day({0[0]}))",
    elements.DaysOf: "date_diff('day', DATE '1970-01-01', {0[0]})",
    elements.MicrosOf: "epoch_us({0[0]})",
    elements.Least: call_of("least"),
    elements.Greatest: call_of("greatest"),
    elements.Units: "({0[0]} * {0[1]})",
    elements.AsciiLower: _LOWER.format("{0[0]}"),
    elements.AsciiLowerTags: _tags(f"list_transform({{0[0]}}, lambda tag: {_LOWER.format('tag')})"),
    elements.JsonText: "json_extract_string({0[0]}, {0[1]})",
    elements.JsonInteger: "CAST(json_extract_string({0[0]}, {0[1]}) AS BIGINT)",
    elements.JsonBoolean: "CAST(json_extract_string({0[0]}, {0[1]}) AS BOOLEAN)",
    elements.JsonTexts: "json_extract({0[0]}, {0[1]})",
}


def register() -> None:
    """Let SQLAlchemy write the elements of conditions for DuckDB."""
    for element, writer in WRITERS.items():
        write_as(element, writer, DUCKDB)
    elements.TAKING_ARRAYS.add(DUCKDB)
    elements.GLOBBING_BY_LIKE.add(DUCKDB)
