"""CSV files of every kind are read row by row; whatever is wrong with one row stays with it."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.files.sources import file_rows
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rows import Row
from tests.data import shared_data

SPECTRUM = (
    *("comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines"),
    *("newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8"),
)


def read(path: Path, **given: str) -> list[Row]:
    with file_rows(path, **given).open() as rows:
        return list(rows)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def cells(rows: Sequence[Row]) -> list[list[object]]:
    return [list(row.cells) for row in rows if not row.problem]


def bad_lines(rows: Sequence[Row]) -> list[int]:
    return [row.line for row in rows if row.problem]


@pytest.mark.parametrize("name", SPECTRUM)
def test_a_corner_case_of_the_spectrum_parses_to_its_json(name: str) -> None:
    folder = shared_data("csv_spectrum")
    expected = json.loads((folder / f"{name}.json").read_text("utf-8"))
    found = [dict(zip(row.columns, row.cells, strict=True)) for row in read(folder / f"{name}.csv")]
    if name == "location_coordinates":  # the source's JSON has one object, with another telephone number
        expected = [{**expected, "Contact Phone Number": "2095257564"}]
    assert found == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(file: Path, delimiter: str) -> None:
    rows = [["key", "name", "amount"], ["1", "a, b; c", "1,50"], ["2", "x|y", ""]]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows(rows)
    with file_rows(file).open() as found:
        assert found.columns == ("key", "name", "amount")
        assert cells(list(found)) == rows[1:]


@pytest.mark.parametrize(("given", "sign"), [("tab", "\t"), (";", ";"), ("~", "~"), ("pipe", "|")])
def test_a_given_delimiter_is_taken(file: Path, given: str, sign: str) -> None:
    file.write_text(f"key{sign}a,b\n1{sign}2\n", "utf-8")
    with file_rows(file, delimiter=given).open() as found:
        assert found.columns == ("key", "a,b")


@pytest.mark.parametrize("given", ["", "ab", '"', "x", "\n"])
def test_what_cannot_stand_between_cells_is_refused(file: Path, given: str) -> None:
    file.write_text("key\n1\n", "utf-8")
    if given:
        with pytest.raises(InvalidInput), file_rows(file, delimiter=given).open():
            pass


def test_a_delimiter_that_a_spreadsheet_stated_is_taken(file: Path) -> None:
    file.write_text("sep=|\nkey|a;b\n1|2\n", "utf-8")
    (row,) = read(file)
    assert (row.line, row.columns, list(row.cells)) == (3, ("key", "a;b"), ["1", "2"])


def test_one_column_needs_no_delimiter(file: Path) -> None:
    file.write_text("key\n1\n\n2\n", "utf-8")
    assert cells(read(file)) == [["1"], ["2"]]


def test_lines_may_end_in_any_way(file: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        file.write_bytes(f"key,a{end}1,2{end}3,4".encode())
        assert cells(read(file)) == [["1", "2"], ["3", "4"]]


def test_lines_without_any_value_are_no_rows(file: Path) -> None:
    file.write_text("\n\nkey,a\n\n1,2\n,\n\n", "utf-8")
    assert [(row.line, list(row.cells)) for row in read(file)] == [(5, ["1", "2"])]


def test_nameless_columns_at_the_end_are_none(file: Path) -> None:
    file.write_text("key,a,,\n1,2,,\n3,4,5,\n", "utf-8")
    rows = read(file)
    assert (rows[0].columns, cells(rows), bad_lines(rows)) == (("key", "a"), [["1", "2"]], [3])


def test_blanks_after_delimiters_do_not_hide_quotes(file: Path) -> None:
    file.write_text('key, name\n1, "a, b"\n', "utf-8")
    assert cells(read(file)) == [["1", "a, b"]]


def test_a_row_of_another_width_is_bad_and_the_next_is_not(file: Path) -> None:
    file.write_text("key,a\n1\n2,3,4\n5,6\n", "utf-8")
    rows = read(file)
    assert (cells(rows), bad_lines(rows)) == ([["5", "6"]], [2, 3])


@pytest.mark.parametrize("bad", ['9,"x', '9,"x"y', '"9,x', '9,"', '"""9,x'])
def test_a_forgotten_quote_costs_one_row(file: Path, bad: str) -> None:
    file.write_text(f'key,a\n1,"multi\nline"\n{bad}\n2,"b ""c"""\n3,d\n', "utf-8")
    rows = read(file)
    assert cells(rows) == [["1", "multi\nline"], ["2", 'b "c"'], ["3", "d"]]
    assert bad_lines(rows) == [4]


def test_a_quote_that_is_never_closed_takes_no_later_row_along(file: Path) -> None:
    file.write_text('key,a\n1,"x\n' + "".join(f"{number},y\n" for number in range(30_000)), "utf-8")
    rows = read(file)
    assert (len(cells(rows)), bad_lines(rows)) == (30_000, [2])


def test_a_huge_value_costs_one_row(file: Path) -> None:
    file.write_text(f'key,a\n1,{"x" * 200_000}\n2,"{"y" * 200_000}"\n3,b\n', "utf-8")
    rows = read(file)
    assert (cells(rows), bad_lines(rows)) == ([["3", "b"]], [2, 3])


def test_an_endless_line_costs_one_row(file: Path) -> None:
    file.write_text(f"key,a\n1,{'x,' * 2_000_000}\n2,b\n", "utf-8")
    rows = read(file)
    assert (cells(rows), bad_lines(rows)) == ([["2", "b"]], [2])
    assert len(rows[0].text) <= 200


def test_a_cut_line_is_never_taken_for_a_whole_one(file: Path) -> None:
    file.write_text(f'key,a\n1,"x\n2,{"y" * 50}{"," * 1_200_000}\n3,b\n', "utf-8")
    rows = read(file)
    assert (cells(rows), bad_lines(rows)) == ([["3", "b"]], [2, 3])


def test_zero_bytes_come_through_as_they_are(file: Path) -> None:
    file.write_bytes(b"key,a\n1,x\0y\n2,z\n")
    assert cells(read(file)) == [["1", "x\0y"], ["2", "z"]]


def test_a_header_alone_has_no_rows(file: Path) -> None:
    file.write_text("key,a\n", "utf-8")
    assert read(file) == []


def test_progress_reaches_the_size_of_the_file(file: Path) -> None:
    file.write_text("key,a\n" + "1,2\n" * 1_000, "utf-8")
    with file_rows(file).open() as rows:
        list(rows)
        assert rows.bytes_read() == rows.total_bytes == file.stat().st_size


@given(table=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=8))
def test_what_a_writer_of_csv_wrote_is_read(tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]) -> None:
    file = tmp_path_factory.mktemp("written") / "file.csv"
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["key", "a"], *table])
    file.write_bytes(written.getvalue().encode())
    rows = read(file, delimiter=",", encoding="utf-8")
    assert cells(rows) == [row for row in table if any(row)]


@given(content=st.binary(max_size=300))
def test_no_bytes_at_all_make_it_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "file.csv"
    file.write_bytes(content)
    try:
        rows = read(file)
    except InvalidInput:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
