"""Every import contract is seen to break: one that cannot would let anything pass.

The tree is copied under another name, because the parts of an installed namespace would be merged with a copy of it.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("core", "dsl", "adapters", "entrypoints")
COPY = "kohorte_copy"

# Contract, module to spoil, and the import that must be refused there.
VIOLATIONS = [
    ("layers", "core/values.py", "import kohorte.dsl"),
    ("layers", "core/values.py", "import kohorte.adapters"),
    ("layers", "dsl/typed.py", "import kohorte.adapters"),
    ("layers", "adapters/__init__.py", "import kohorte.entrypoints"),
    ("layers", "surprise/__init__.py", "import kohorte.core"),
    ("core-without-frameworks", "core/values.py", "import sqlalchemy"),
    ("core-without-frameworks", "core/values.py", "from lark import Lark"),
    ("rules-without-frameworks", "dsl/typed.py", "import litestar"),
    ("sql-in-its-place", "dsl/typed.py", "from sqlalchemy import select"),
    ("sql-in-its-place", "entrypoints/settings.py", "import sqlalchemy"),
    ("rules-above-what-is-made-of-them", "dsl/analysis/solver.py", "import kohorte.dsl.compiled"),
    ("rules-above-what-is-made-of-them", "dsl/explaining/search.py", "from kohorte.dsl.language import Language"),
    ("test-tools-in-testing", "core/values.py", "import hypothesis"),
    ("test-tools-in-testing", "dsl/typed.py", "import pytest"),
    ("test-tools-in-testing", "core/values.py", "import kohorte.core.testing"),
    ("adapters-chosen-in-one-place", "entrypoints/settings.py", "import kohorte.adapters.storage.engine"),
    ("adapters-chosen-in-one-place", "entrypoints/settings.py", "import kohorte.adapters.clock"),
]


def contracts() -> dict[str, str]:
    """Name each contract of pyproject.toml by its id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {contract["id"]: contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for layer in LAYERS:
        code = shutil.ignore_patterns("__pycache__", "*.gz", "locale")
        shutil.copytree(ROOT / layer / "kohorte", tree / COPY, dirs_exist_ok=True, ignore=code)
    for file in [tree / "pyproject.toml", *tree.rglob("*.py")]:
        file.write_text(renamed(file.read_text("utf-8")), "utf-8")
    return tree


@contextmanager
def spoiled(tree: Path, module: str, statement: str) -> Iterator[None]:
    """Add a statement to a module of the copy, or make one with it, and take it back afterwards."""
    file = tree / COPY / module
    before = file.read_text("utf-8") if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{before or ''}\n{renamed(statement)}\n", "utf-8")
    try:
        yield
    finally:
        file.unlink()
        if before is not None:
            file.write_text(before, "utf-8")
        elif not any(file.parent.iterdir()):
            file.parent.rmdir()


def renamed(text: str) -> str:
    return re.sub(r"\bkohorte\b", COPY, text)


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = Path(sysconfig.get_path("scripts"), "lint-imports")
    return subprocess.run(
        [sys.executable, command, "--no-logo", *options],
        cwd=tree,
        # Wide enough that no name is broken over two lines.
        env={**os.environ, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_copy_keeps_every_contract(copied_tree: Path) -> None:
    answer = lint(copied_tree)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(("contract", "module", "statement"), VIOLATIONS)
def test_a_contract_breaks_when_it_is_violated(copied_tree: Path, contract: str, module: str, statement: str) -> None:
    with spoiled(copied_tree, module, statement):
        answer = lint(copied_tree, "--contract", contract)
    assert answer.returncode == 1, answer.stdout
    refused = f"{contracts()[contract]} BROKEN" in answer.stdout or "Undeclared modules" in answer.stdout
    assert refused, answer.stdout


def test_every_contract_is_tried() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(contracts())
