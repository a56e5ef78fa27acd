"""Members are written as a workbook for Excel: values of their kinds, nothing run, one sheet after the other."""

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from hypothesis import given

from kohorte.adapters.files.workbooks import LONGEST, ROWS, write_workbook
from kohorte.core.testing.strategies import texts
from kohorte.core.values import Money

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Cell = tuple[str, str]
"""How Excel takes a value (n: a number), and the value."""


def sheets_of(written: bytes) -> dict[str, list[list[Cell | None]]]:
    """Return the cells of each sheet."""
    with ZipFile(io.BytesIO(written)) as file:
        book = ET.fromstring(file.read("xl/workbook.xml"))  # noqa: S314 - our own
        names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        return {
            name: rows_of(ET.fromstring(file.read(f"xl/worksheets/sheet{number}.xml")))  # noqa: S314 - so is it
            for number, name in enumerate(names, 1)
        }


def rows_of(sheet: ET.Element) -> list[list[Cell | None]]:
    rows = []
    for row in sheet.iter(f"{MAIN}row"):
        cells: dict[str, Cell] = {}
        for cell in row.iter(f"{MAIN}c"):
            assert cell.find(f"{MAIN}f") is None  # a formula
            text = "".join(each.text or "" for each in cell.iter() if each.tag in (f"{MAIN}t", f"{MAIN}v"))
            text = re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)
            kind = cell.attrib.get("t", "n")
            told = f"{Decimal(text).normalize():f}" if kind == "n" else text
            cells[re.sub(r"\d", "", cell.attrib["r"])] = (kind, told)
        rows.append([cells.get(letter) for letter in "ABCDEFGHIJ"])
    return rows


def workbook(*rows: tuple[object, ...], rows_a_sheet: int = ROWS) -> dict[str, list[list[Cell | None]]]:
    stream = io.BytesIO()
    columns = tuple(f"c{place}" for place in range(len(rows[0]) if rows else 1))
    assert write_workbook(stream, columns, rows, rows_a_sheet=rows_a_sheet) == len(rows)
    return sheets_of(stream.getvalue())


def cells(*values: object) -> list[Cell | None]:
    (sheet,) = workbook(values).values()
    return sheet[1][: len(values)]


def test_every_kind_of_value_is_what_excel_has_for_it() -> None:
    assert cells("Ann", None, True, -5, Decimal("-1.50"), Money(Decimal("9.90"), "EUR"), ("gold", "new")) == [
        ("inlineStr", "Ann"),
        None,
        ("b", "1"),
        ("n", "-5"),
        ("n", "-1.5"),
        ("n", "9.9"),
        ("inlineStr", "gold;new"),
    ]
    assert cells(date(2024, 2, 29), datetime(2024, 2, 29, 13, 30, tzinfo=UTC)) == [("n", "45351"), ("n", "45351.5625")]


def test_days_before_excel_counts_right_are_text() -> None:
    assert cells(date(1900, 2, 28), date(1900, 3, 1)) == [("inlineStr", "1900-02-28"), ("n", "61")]


def test_digits_that_excel_would_lose_are_text() -> None:
    assert cells(Decimal("12345678901234.56"), Money(Decimal("999999999999999.99"), "EUR"), 10**12) == [
        ("inlineStr", "12345678901234.56"),
        ("inlineStr", "999999999999999.99 EUR"),
        ("n", "1000000000000"),
    ]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+49 30 1", "-1", "http://example.com", "1e5", "_x0041_", "007"])
def test_a_text_stays_the_text_that_it_is(text: str) -> None:
    (kind, written), *_ = [each for each in cells(text) if each]
    assert (kind, written) == ("inlineStr", text)


def test_a_text_that_is_too_long_for_a_cell_ends_visibly() -> None:
    (cell,) = cells("x" * (LONGEST + 1))
    assert cell is not None
    assert (len(cell[1]), cell[1][-2:]) == (LONGEST, "x…")


def test_a_full_sheet_is_followed_by_another_with_the_same_headings() -> None:
    sheets = workbook(*((number,) for number in range(5)), rows_a_sheet=3)
    assert {name: [row[0] for row in rows] for name, rows in sheets.items()} == {
        "members": [("inlineStr", "c0"), ("n", "0"), ("n", "1")],
        "members 2": [("inlineStr", "c0"), ("n", "2"), ("n", "3")],
        "members 3": [("inlineStr", "c0"), ("n", "4")],
    }


def test_nobody_is_a_workbook_with_headings() -> None:
    assert workbook() == {"members": [[("inlineStr", "c0"), *[None] * 9]]}


@given(text=texts())
def test_whatever_the_text_the_workbook_is_one(text: str) -> None:
    (cell,) = cells(text or None)
    assert cell is None if not text else cell == ("inlineStr", text)
