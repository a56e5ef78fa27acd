"""The runner of the documentation is itself seen to fail, else it would promise readers what nobody checked."""

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block
from tests.docs.test_code_blocks import commands, matches, run

PAGE = ROOT / "docs" / "imagined.md"


def block(language: str, text: str, note: str = "") -> Block:
    return Block(PAGE, language, note, text, line=7)


def test_a_failing_example_is_reported_at_its_line_on_the_page() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        run(block("python", "one = 1\none / 0\n"), {})
    assert raised.traceback[-1].lineno + 1 == 8


def test_blocks_of_a_page_share_their_names() -> None:
    names: dict[str, object] = {}
    run(block("python", "one = 1\n"), names)
    run(block("python", "assert one == 1\n"), names)


def test_a_dialogue_with_another_answer_fails() -> None:
    run(block("python", ">>> 1 + 1\n2\n"), {})
    with pytest.raises(AssertionError, match="Differences"):
        run(block("python", ">>> 1 + 1\n3\n"), {})


def test_a_language_that_nothing_runs_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"docs/imagined\.md:7: nothing runs cobol"):
        run(block("cobol", "STOP RUN.\n"), {})


def test_a_block_with_a_file_name_becomes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(block("csv", "key,email\n", note="contacts.csv"), {})
    assert Path("contacts.csv").read_text("utf-8") == "key,email\n"


def test_a_console_block_is_parted_into_commands_and_what_they_print() -> None:
    shown = block("console", "$ kohorte one \\\n    --two\nfirst\nsecond\n$ kohorte three\n")
    assert commands(shown) == [("kohorte one      --two", "first\nsecond\n"), ("kohorte three", "")]


def test_only_kohorte_is_run_from_a_console_block() -> None:
    with pytest.raises(AssertionError, match="only kohorte is run"):
        run(block("console", "$ rm -r /\n"), {})


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("3 contacts in 0.2 s\n", "3 contacts in … s", True),
        ("3 contacts  \n\n", "3 contacts", True),
        ("4 contacts\n", "3 contacts", False),
        ("3 contacts\nand more\n", "3 contacts", False),
        ("anything\n", "", True),
    ],
)
def test_an_ellipsis_stands_for_anything_and_nothing_else_does(printed: str, expected: str, same: bool) -> None:
    assert matches(printed, expected) is same
