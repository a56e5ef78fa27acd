"""JSON Lines are read line by line; each names its own columns, and a bad line stays alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.files.sources import file_rows
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rows import Number, Row
from tests.data import shared_data


def read(path: Path) -> list[Row]:
    with file_rows(path).open() as rows:
        assert rows.columns is None
        return list(rows)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.jsonl"


def as_objects(rows: list[Row]) -> list[dict[str, object]]:
    return [dict(zip(row.columns, row.cells, strict=True)) for row in rows if not row.problem]


def test_the_objects_of_the_spectrum_come_back(file: Path) -> None:
    for path in sorted(shared_data("csv_spectrum").glob("*.json")):
        objects = json.loads(path.read_text("utf-8"))
        objects = objects if isinstance(objects, list) else [objects]
        file.write_text("".join(json.dumps(each) + "\n" for each in objects), "utf-8")
        assert as_objects(read(file)) == objects


def test_every_naughty_string_comes_through(file: Path) -> None:
    naughty = json.loads((shared_data("hostile_input") / "big_list_of_naughty_strings.json").read_text("utf-8"))
    file.write_text("".join(json.dumps({"key": text}, ensure_ascii=False) + "\n" for text in naughty), "utf-8")
    assert [cells["key"] for cells in as_objects(read(file))] == naughty


def test_rows_name_their_own_columns(file: Path) -> None:
    file.write_text('{"key": "1", "city": "Ulm"}\n\n{"city": "Bonn"}\n{}\n', "utf-8")
    rows = read(file)
    assert [(row.line, row.columns) for row in rows] == [(1, ("key", "city")), (3, ("city",)), (4, ())]


def test_values_become_what_a_cell_can_hold(file: Path) -> None:
    file.write_text(
        '{"a": null, "b": true, "c": false, "d": ["x", "y"], "e": "t", "f": 10, "g": -1.50, "h": 1e3}\n', "utf-8"
    )
    (row,) = read(file)
    assert list(row.cells) == ["", "true", "false", ("x", "y"), "t", "10", "-1.50", "1000"]
    assert [type(cell) for cell in row.cells[5:]] == [Number] * 3


@pytest.mark.parametrize(
    "bad",
    [
        *("{", "[1]", '"text"', "1", "null", '{"a": {"b": 1}}', '{"a": [null]}', '{"a": NaN}', '{"a": 1e999}'),
        *('{"a": 1, "a": 2}', "{'a': 1}", '{"a": 1} x', "[" * 100_000, '{"a": "\x01"}', "x" * 2_000_000),
    ],
    ids=lambda text: str(text)[:20],
)
def test_a_bad_line_never_spoils_the_next(file: Path, bad: str) -> None:
    file.write_text(f'{{"key": "1"}}\n{bad}\n{{"key": "2"}}\n', "utf-8")
    rows = read(file)
    assert as_objects(rows) == [{"key": "1"}, {"key": "2"}]
    assert [(row.line, bool(row.problem.advice())) for row in rows if row.problem] == [(2, True)]


def test_a_json_array_is_refused_with_what_to_do(file: Path) -> None:
    file.write_text('[\n{"key": "1"}\n]\n', "utf-8")
    with pytest.raises(InvalidInput, match="one JSON array") as refused:
        read(file)
    assert "one object a line" in refused.value.advice()


def test_an_empty_file_has_no_rows(file: Path) -> None:
    file.write_text("", "utf-8")
    assert read(file) == []


@given(content=st.binary(max_size=300))
def test_no_bytes_at_all_make_it_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "file.jsonl"
    file.write_bytes(content)
    try:
        rows = read(file)
    except InvalidInput:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
