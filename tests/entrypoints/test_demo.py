"""`kohorte demo` as a newcomer meets it: the answers are right, and what it proposes next works."""

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kohorte.entrypoints.cli.demo import NEXT_STEPS
from tests.entrypoints.conftest import Kohorte

# Counted from the source's files by a program of its own, without the rule language and without a database.
COUNTED = {
    "bought lately": 1_629,
    "big spenders": 253,
    "lapsed buyers": 279,
    "heart lovers": 1_519,
    "cancellers": 394,
    "never gave back, not in Britain": 244,
}


def test_the_demo_answers_right_and_everything_it_proposes_works(
    kohorte: Kohorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = kohorte("demo", "--json", "--tenant", "shop")
    assert told.code == 0, told.err
    demo = json.loads(told.out)
    members = {segment["name"]: segment["members"] for segment in demo["segments"]}
    assert len(members) == 10
    assert {name: members[name] for name in COUNTED} == COUNTED
    monkeypatch.chdir(tmp_path / demo["database"])
    *good, misquoted = [shlex.split(line)[1:] for line in NEXT_STEPS]
    for step in good:
        answer = kohorte(*step, "--tenant", "shop")
        assert answer.code == 0, (step, answer.err)
        assert answer.out or Path("champions.csv").exists()
    assert kohorte(*misquoted, "--tenant", "shop").code == 3


def test_the_demo_ends_with_a_server_that_answers_the_line_it_prints(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "kohorte.entrypoints.cli", "demo", "--port", "0"]
    demo = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert demo.stdout is not None
        line = next(line for line in demo.stdout if "curl" in line)
        *_, header, address = shlex.split(line)
        name, _, value = header.partition(": ")
        answer = httpx.get(address, headers={name: value})
        assert answer.status_code == 200
        assert answer.json()["count"] == 10
    finally:
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 0


def test_the_demo_says_how_to_come_back_to_its_tenant(kohorte: Kohorte, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kohorte.entrypoints.cli.demo.KINDS", ())
    told = kohorte("demo", "--tenant", "shop", "--folder", "my shop", "--database", "sqlite:///other.db", "--no-serve")
    assert told.code == 0, told.err
    assert "  export KOHORTE_DATABASE=sqlite:///other.db\n  export KOHORTE_TENANT=shop\n" in told.out
    assert "  cd 'my shop'\n" in kohorte("demo", "--no-serve", "--folder", "my shop").out


def test_the_demo_proposes_commands_as_they_can_be_called(kohorte: Kohorte, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kohorte.entrypoints.cli.demo.KINDS", ())
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
    monkeypatch.setenv("KOHORTE_DATABASE", "sqlite:///other.db")
    said = kohorte("demo", "--no-serve").out
    assert "\n  kohorte segment show champions\n" in said
    assert "export" not in said.partition("champions.csv")[0].replace("segment export", "")
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert "\n  uv run kohorte segment show champions\n" in kohorte("demo", "--no-serve").out
