"""What the documentation shows is run: each page from top to bottom in a folder of its own, as a reader would.

- `python`: run; the blocks of a page share their names. With `>>>` the answers are compared.
- `console`: each line after `$ ` is run; what stands below it must be printed, where `…` stands for anything.
  `$ kohorte …` is run; other commands only stand in blocks marked `not run`.
- `rule`: must be a rule over Kohorte's fields and the custom ones that the pages speak of.
- `kohorte`: a rule file over the same fields, whose examples the rule must answer.
- any language with a file name after it (as in `csv contacts.csv`): the file is written for the blocks below.
- `text`, and whatever is marked `not run`: only shown.
"""

import doctest
import os
import re
import shlex
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.fields import Field, Kind
from kohorte.dsl import Language
from kohorte.dsl.rule_files.examples import try_examples
from kohorte.dsl.rule_files.text import read_rule_file
from tests.docs.pages import ROOT, Block, blocks, pages

PAGES_WITH_BLOCKS = [page for page in pages() if any(blocks(page))]
Names = dict[str, object]


@pytest.mark.parametrize("page", PAGES_WITH_BLOCKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("KOHORTE_")]:
        monkeypatch.delenv(name)
    names: Names = {"__name__": "__main__"}
    for block in blocks(page):
        if block.note != "not run":
            run(block, names)


def run(block: Block, names: Names) -> None:
    if block.note:
        Path(block.note).write_text(block.text, "utf-8")
        return
    assert block.language in RUNNERS, f"{block.place}: nothing runs {block.language or 'a block without a language'}"
    RUNNERS[block.language](block, names)


def run_python(block: Block, names: Names) -> None:
    if block.text.startswith(">>>"):
        run_dialogue(block, names)
    else:
        # Empty lines in front give an error the line number of the page.
        exec(compile("\n" * (block.line - 1) + block.text, block.page, "exec"), names)


def run_dialogue(block: Block, names: Names) -> None:
    examples = doctest.DocTestParser().get_doctest(block.text, names, block.place, str(block.page), block.line - 1)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.REPORT_NDIFF)
    runner.run(examples, out=told.append, clear_globs=False)
    names.update(examples.globs)
    assert not told, "".join(told)


def run_console(block: Block, names: Names) -> None:
    for command, expected in commands(block):
        words = shlex.split(command)
        assert words[0] == "kohorte", f"{block.place}: only kohorte is run; mark the block `not run`: {command}"
        words[0] = str(Path(sysconfig.get_path("scripts"), "kohorte"))
        printed = said_by(words)
        assert matches(printed, expected), f"{block.place}: $ {command}\nprints\n{printed}\nand not\n{expected}"


def said_by(words: list[str]) -> str:
    """Run a command and return what a terminal would show: answers and remarks, in the order in which they come."""
    environment = {**os.environ, "COLUMNS": "120", "LC_ALL": "C.UTF-8", "LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}
    return subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False, env=environment
    ).stdout


def commands(block: Block) -> list[tuple[str, str]]:
    """Part a block into commands and what each is said to print."""
    assert block.text.startswith("$ "), f"{block.place}: a console block begins with a command"
    parts = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    return [(command, expected) for command, _, expected in (part.partition("\n") for part in parts)]


def matches(printed: str, expected: str) -> bool:
    if not expected.strip():
        return True
    lines = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, lines, flags=re.DOTALL) is not None


def language() -> Language:
    custom = [
        Field("subscribed", Kind.BOOLEAN, custom=True),
        Field("Größe", Kind.INTEGER, custom=True),
        Field("score", Kind.DECIMAL, scale=2, custom=True),
        Field("limit", Kind.MONEY, custom=True),
        Field("tier", Kind.ENUMERATION, choices=("bronze", "silver", "gold"), custom=True),
        Field("tags", Kind.TAGS, custom=True),
    ]
    segments = {"lapsed": "purchases.count >= 1 and no purchases(last 90 days)", "vip": ["C1", "C2"]}
    catalogue = kohorte_catalogue().with_fields("contact", custom)
    return Language(catalogue, segments=segments, lists={"domains": ["example.com"]}, key="key")


def run_rule(block: Block, names: Names) -> None:
    language().rule(block.text)


def run_rule_file(block: Block, names: Names) -> None:
    file = read_rule_file(block.text)
    assert file.examples, f"{block.place}: this rule has no examples"
    for tried in try_examples(language().rule(file.rule), file.examples):
        place = f"{block.place} (line {tried.example.line} of it)"
        assert tried.error is None, f"{place}: {tried.error}"
        assert tried.passed, f"{place}: the answer is {tried.answer}"


def only_show(block: Block, names: Names) -> None:
    """Leave a block alone whose language cannot be run."""


RUNNERS: dict[str, Callable[[Block, Names], None]] = {
    "python": run_python,
    "console": run_console,
    "rule": run_rule,
    "kohorte": run_rule_file,
    "text": only_show,
}
