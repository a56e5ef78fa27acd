"""Reject files say what is wrong, keep the row as it was, and can be mended and read again."""

import csv
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kohorte.adapters.files.rejects import reject_file, reject_path
from kohorte.adapters.files.sources import file_rows
from kohorte.core.errors import InvalidInput, InvalidValue
from kohorte.core.ports.rows import Reject, Row
from tests.data import shared_data

COLUMNS = ("key", "email", "note")


def a_reject(*cells: str, line: int = 2) -> Reject:
    problem = InvalidValue(
        '"{text}" is no address.', hint="Write it like {example}.", text="x", example="a@example.com"
    )
    return Reject(Row(line, COLUMNS, cells), [("email", cells[1], problem)])


def written(path: Path, *rejects: Reject, columns: tuple[str, ...] | None = COLUMNS) -> list[list[str]]:
    with reject_file(path) as sink:
        sink.begin(columns)
        for reject in rejects:
            sink.add(reject)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv.rejects.csv"


def test_it_lies_beside_the_file() -> None:
    assert reject_path(Path("/data/a.csv")) == Path("/data/a.csv.rejects.csv")
    assert reject_path(None) == Path("stdin.rejects.csv")


def test_it_says_line_column_value_problem_and_what_to_do_before_the_row(path: Path) -> None:
    assert written(path, a_reject("1", "x", "hello", line=7)) == [
        ["line", "column", "value", "problem", "advice", *COLUMNS],
        ["7", "email", "x", '"x" is no address.', "Write it like a@example.com.", "1", "x", "hello"],
    ]


def test_all_faults_of_a_row_stand_in_one_line(path: Path) -> None:
    problems = [("email", "x", InvalidValue("no address")), ("note", "y", InvalidValue("no note", hint="Drop it."))]
    _, row = written(path, Reject(Row(2, COLUMNS, ["1", "x", "y"]), problems))
    assert row[1:5] == ["email | note", "x | y", "no address | no note", " | Drop it."]


def test_only_its_owner_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        written(path, a_reject("1", "x", ""))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_follows_no_link_and_replaces_the_one_of_an_earlier_run(path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious", "utf-8")
    path.symlink_to(precious)
    written(path, a_reject("1", "x", ""))
    assert (precious.read_text("utf-8"), path.is_symlink()) == ("precious", False)
    assert len(written(path, a_reject("2", "x", ""))) == 2


def test_nothing_rejected_leaves_no_file(path: Path) -> None:
    written(path, a_reject("1", "x", ""))
    with reject_file(path) as sink:
        sink.begin(COLUMNS)
    assert not path.exists()


def test_no_other_file_is_ever_replaced(path: Path) -> None:
    path.write_text("key,email\n1,ann@example.com\n", "utf-8")
    with pytest.raises(InvalidInput, match="would replace"), reject_file(path):
        pytest.fail("it went on")
    assert path.read_text("utf-8").startswith("key,email")


def test_a_reject_file_that_is_being_imported_is_not_replaced(path: Path) -> None:
    before = written(path, a_reject("1", "x", ""))
    with pytest.raises(InvalidInput, match="would replace"), reject_file(path, source=path):
        pytest.fail("it went on")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == before


def test_what_a_killed_import_left_is_replaced(path: Path) -> None:
    path.touch()
    assert len(written(path, a_reject("1", "x", ""))) == 2


def test_a_place_that_cannot_be_written_is_told_before_anything_else(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be made"), reject_file(tmp_path / "nowhere" / "a.csv"):
        pytest.fail("it went on")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput, match="cannot be made"), reject_file(tmp_path / "folder"):
        pytest.fail("it went on")


def test_no_cell_is_a_formula_to_a_spreadsheet(path: Path) -> None:
    payloads = (shared_data("hostile_input") / "csv_formula_injection.txt").read_text("utf-8").splitlines()
    payloads += ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "＝1", "'=1", "\n+1"]
    rejects = [a_reject(payload, payload, payload) for payload in payloads]
    for row in written(path, *rejects)[1:]:
        assert not any(
            cell.lstrip()[:1] in {"=", "+", "-", "@", "＝"} or cell[:1] in {"\t", "\r", "\n"} for cell in row
        )


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3))
@example(texts=["1", " a", " "])
def test_read_again_a_row_is_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("rejects") / "a.csv.rejects.csv"
    written(path, a_reject(*texts))
    with file_rows(path, encoding="utf-8").open() as rows:
        assert rows.columns == COLUMNS
        assert [list(row.cells) for row in rows] == [texts]


def test_rows_of_json_lines_keep_which_columns_they_had(path: Path) -> None:
    lines = ['{"key": "1", "n": 1.50, "none": null}', '{"key": "=2"}']
    problem = InvalidValue("wrong")
    rejects = [Reject(Row(n, (), (), problem, line), [("", "", problem)]) for n, line in enumerate(lines, 1)]
    rows = written(path, *rejects, columns=None)
    assert [row[-1] for row in rows] == ["json", *lines]
    with file_rows(path).open() as again:
        assert again.columns is None
        assert [dict(zip(row.columns, row.cells, strict=True)) for row in again] == [
            {"key": "1", "n": "1.50", "none": ""},
            {"key": "=2"},
        ]


def test_what_is_no_text_is_never_taken_unmended(path: Path) -> None:
    _, row = written(path, a_reject("1", "Caf\udce9", "\ud800"))
    assert row[2] == "Caf\\xe9"
    assert row[-2:] == ["Caf\x1a", "\x1a"]
    line = json.dumps({"key": "Caf\udce9"}, ensure_ascii=False)
    problem = InvalidValue("wrong")
    written(path, Reject(Row(1, (), (), problem, line), [("", line, problem)]), columns=None)
    with file_rows(path).open() as again:
        assert [bool(row.problem) for row in again] == [True]


def test_a_long_value_is_shown_shortened_and_kept_whole(path: Path) -> None:
    _, row = written(path, a_reject("1", "x" * 1_000, ""))
    assert (len(row[2]), len(row[6])) == (200, 1_000)
