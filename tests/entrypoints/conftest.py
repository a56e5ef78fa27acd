"""A command line in an empty folder, in plain English."""

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from kohorte.entrypoints.cli.app import run

PEOPLE = """key,email,first_name,last_name,country,birthday
1,ada@example.com,Ada,Lovelace,GB,1815-12-10
2,alan@example.com,Alan,Turing,GB,1912-06-23
3,,Grace,Hopper,US,1906-12-09
4,zuse@example.com,Konrad,Zuse,,1910-06-22
"""
ORDERS = """key,contact,at,amount,currency,status
A1,1,2024-05-01 10:00:00,100.00,EUR,paid
A2,1,2024-05-20 10:00:00,50.00,EUR,paid
A3,2,2024-01-01 10:00:00,20.00,EUR,cancelled
A4,9,2024-05-01 10:00:00,10.00,EUR,paid
"""


@frozen
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Kohorte = Callable[..., Answer]


@pytest.fixture
def kohorte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kohorte:
    """Return the command, run in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    ours = ("DATABASE", "TENANT", "DEBUG", "SECRET", "SECRET_FILE")
    for name in (*(f"KOHORTE_{each}" for each in ours), "LANGUAGE", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*arguments: str) -> Answer:
        code = run(list(arguments))
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return command


@pytest.fixture
def shop(kohorte: Kohorte, tmp_path: Path) -> Kohorte:
    """Return the command in a folder whose database holds four people and what three of them bought."""
    (tmp_path / "people.csv").write_text(PEOPLE, "utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, "utf-8")
    assert kohorte("import", "contacts", "people.csv").code == 0
    assert kohorte("import", "purchases", "orders.csv").code == 0
    return kohorte
