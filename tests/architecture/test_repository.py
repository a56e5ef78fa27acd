"""The promises that the repository itself makes to a newcomer."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("core", "dsl", "adapters", "entrypoints")


def readme_commands() -> list[str]:
    return re.findall(r"^pip install uv && .*$", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)


def sessions() -> dict[str, str | None]:
    """Name each nox session, with its docstring."""
    statements = ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body
    return {
        function.name: ast.get_docstring(function)
        for function in statements
        if isinstance(function, ast.FunctionDef) and function.decorator_list
    }


def test_the_readme_needs_two_commands() -> None:
    assert readme_commands() == ["pip install uv && uv run kohorte demo", "pip install uv && uv run nox"]


def test_the_build_server_runs_the_readmes_test_command_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-1] == readme_commands()[1]


def test_every_session_says_why_it_exists() -> None:
    assert len(sessions()) == 10
    assert not [name for name, reason in sessions().items() if not reason]


@pytest.mark.parametrize("layer", LAYERS)
def test_no_part_owns_the_namespace_and_each_is_typed(layer: str) -> None:
    assert not (ROOT / layer / "kohorte" / "__init__.py").exists()
    assert (ROOT / layer / "kohorte" / layer / "py.typed").exists()
