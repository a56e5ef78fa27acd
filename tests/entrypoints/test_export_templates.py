"""Export templates on the command line: made from files, shown, used, changed and deleted."""

import json
from pathlib import Path

import pytest

from tests.entrypoints.conftest import Kohorte

ROW = "{{ contact.email | default('none') | csv }};{{ contact.first_name }}\n"


@pytest.fixture
def templated(shop: Kohorte, tmp_path: Path) -> Kohorte:
    """Return the command in a folder with a segment of all, and a template."""
    (tmp_path / "row.txt").write_text(ROW, "utf-8")
    (tmp_path / "head.txt").write_text("{{ segment.name }}\n", "utf-8")
    assert shop("export-template", "create", "tool", "--row", "row.txt", "--header", "head.txt").code == 0
    shop("segment", "create", "all", "--rule", "contact.key is set")
    shop("segment", "calculate")
    return shop


def test_members_are_exported_in_a_format_of_ones_own(templated: Kohorte, tmp_path: Path) -> None:
    answer = templated("segment", "export", "all", "--template", "tool")
    expected = "all\nada@example.com;Ada\nalan@example.com;Alan\nnone;Grace\nzuse@example.com;Konrad\n"
    assert (answer.code, answer.out, answer.err) == (0, expected, "4 members written\n")
    templated("segment", "export", "all", "--template", "tool", "--output", "all.txt")
    assert (tmp_path / "all.txt").read_text("utf-8") == expected


def test_a_template_is_shown_listed_changed_and_deleted(templated: Kohorte, tmp_path: Path) -> None:
    assert templated("export-template", "show", "tool").out == "header:\n{{ segment.name }}\n\nrow:\n" + ROW + "\n"
    (tmp_path / "foot.txt").write_text("{{ count }}\n", "utf-8")
    answer = templated("export-template", "change", "tool", "--footer", "foot.txt", "--name", "new", "--json")
    told = json.loads(answer.out)
    assert (told["name"], told["row"], told["footer"], told["version"]) == ("new", ROW, "{{ count }}\n", 2)
    assert json.loads(templated("export-template", "list", "--json").out) == [told]
    assert "new" in templated("export-template", "list").out
    assert templated("export-template", "delete", "new").out == 'The export template "new" is deleted.\n'
    assert templated("export-template", "show", "new").code == 4


def test_a_hostile_template_is_refused_with_its_line(templated: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("a\n{{ ''.__class__ }}\n", "utf-8")
    answer = templated("export-template", "create", "bad", "--row", "bad.txt", "--json")
    assert answer.code == 1
    told = json.loads(answer.out)["error"]
    assert told["code"] == "template_refused"
    assert told["message"].startswith("row, line 2: ")


def test_a_file_stays_as_it_was_when_a_template_fails(templated: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "row.txt").write_text("{{ contact.email | date }}\n", "utf-8")
    templated("export-template", "change", "tool", "--row", "row.txt")
    (tmp_path / "all.txt").write_text("before", "utf-8")
    answer = templated("segment", "export", "all", "--template", "tool", "--output", "all.txt")
    assert answer.code == 1
    assert "row, line 1" in answer.err
    assert (tmp_path / "all.txt").read_text("utf-8") == "before"


@pytest.mark.parametrize("more", [("--format", "csv"), ("--columns", "contact.key"), ("--unsafe",)])
def test_a_template_says_itself_what_other_options_say(templated: Kohorte, more: tuple[str, ...]) -> None:
    answer = templated("segment", "export", "all", "--template", "tool", *more)
    assert (answer.code, answer.out) == (1, "")
    assert "--template" in answer.err


def test_a_source_that_is_too_long_is_refused(templated: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * 1_000_000, "utf-8")
    assert templated("export-template", "create", "long", "--row", "long.txt").code == 1
