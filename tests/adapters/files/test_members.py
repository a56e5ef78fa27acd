"""Members are written as CSV that no spreadsheet runs, and as JSON Lines that programs read back as they were."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.files.members import write_csv, write_json, write_json_lines
from kohorte.core.testing.strategies import texts
from kohorte.core.values import Money

COLUMNS = ("a", "b")
ROW = (
    "Ann",
    None,
    True,
    -5,
    Decimal("-1.50"),
    Money(Decimal("9.90"), "EUR"),
    date(2024, 2, 29),
    datetime(2024, 2, 29, 12, 30, 0, 5, tzinfo=UTC),
    ("gold", "new"),
)


def as_csv(*rows: tuple[object, ...], safe: bool = True) -> list[list[str]]:
    stream = io.StringIO(newline="")
    columns = tuple(f"c{place}" for place in range(len(rows[0])))
    assert write_csv(stream, columns, rows, safe=safe) == len(rows)
    header, *cells = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert tuple(header) == columns
    return cells


def test_every_kind_of_value_has_one_form() -> None:
    (cells,) = as_csv(ROW)
    assert cells == [
        *("Ann", "", "true", "-5", "-1.50", "9.90 EUR", "2024-02-29", "2024-02-29T12:30:00.000005Z"),
        "gold;new",
    ]


@pytest.mark.parametrize("rows", [[], [ROW], [ROW, ROW]])
def test_json_is_one_list_of_what_json_lines_have(rows: list[tuple[object, ...]]) -> None:
    listed, lines = io.StringIO(), io.StringIO()
    assert (
        write_json(listed, tuple("abcdefghi"), rows) == write_json_lines(lines, tuple("abcdefghi"), rows) == len(rows)
    )
    assert json.loads(listed.getvalue()) == [json.loads(line) for line in lines.getvalue().splitlines()]


def test_json_lines_keep_numbers_truth_and_lists() -> None:
    stream = io.StringIO()
    assert write_json_lines(stream, tuple("abcdefghi"), [ROW]) == 1
    assert json.loads(stream.getvalue()) == {
        "a": "Ann",
        "b": None,
        "c": True,
        "d": -5,
        "e": "-1.50",
        "f": {"amount": "9.90", "currency": "EUR"},
        "g": "2024-02-29",
        "h": "2024-02-29T12:30:00.000005Z",
        "i": ["gold", "new"],
    }


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "=HYPERLINK(1)", "＝1+1", "=\n1"])
def test_a_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert as_csv((text,)) == [[f"'{text}"]]
    assert as_csv((text,), safe=False) == [[text]]


@pytest.mark.parametrize("text", ["+49 30 123456", "-5", "a=b", "Ann", "me@example.com"])
def test_phone_numbers_and_ordinary_text_stay_as_they_are(text: str) -> None:
    assert as_csv((text,)) == [[text]]


@given(st.lists(st.tuples(texts(), st.none() | texts()), min_size=1, max_size=5))
def test_what_was_written_is_read_back(rows: list[tuple[str, str | None]]) -> None:
    assert as_csv(*rows, safe=False) == [[first, second or ""] for first, second in rows]
    stream = io.StringIO()
    write_json_lines(stream, COLUMNS, rows)
    lines = stream.getvalue().split("\n")[:-1]
    assert [tuple(json.loads(line).values()) for line in lines] == rows


@given(st.sampled_from("=+-@＝＋－＠"), texts())
def test_no_cell_is_a_formula(sign: str, rest: str) -> None:
    ((cell,),) = as_csv((sign + rest,))
    assert cell.startswith("'") or all(each in "0123456789 ./()-" for each in cell[1:])


def test_rows_are_written_one_by_one() -> None:
    stream, seen = io.StringIO(), []

    def rows() -> object:
        for number in range(3):
            seen.append(stream.getvalue().count("\n"))
            yield (number,)

    write_csv(stream, ("n",), rows())  # type: ignore[arg-type]
    assert seen == [1, 2, 3]
