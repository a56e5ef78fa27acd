"""Errors that users meet say what is wrong and what to do: one golden file each.

``KOHORTE_GOLDEN=1 pytest tests/entrypoints/test_error_messages.py`` writes the files anew; read the difference.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.entrypoints.conftest import Answer, Kohorte

GOLDEN = Path(__file__).parent / "golden"


def _newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "kohorte.db")) as database:
        database.execute("UPDATE installation SET schema_version = 999")
        database.commit()


def _not_a_database(folder: Path) -> None:
    (folder / "kohorte.db").write_text("Dear diary, " * 100, "utf-8")


def _two_ways(folder: Path) -> None:
    (folder / "two.csv").write_text('key,contact,at,amount\nA9,1,2024-05-01,"1,234"\n', "utf-8")


def _wrong_header(folder: Path) -> None:
    (folder / "wrong.csv").write_text("id,e-mail\n1,a@example.com\n", "utf-8")


def _nothing(folder: Path) -> None:
    pass


CASES: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "unknown-field": (_nothing, ("rule", "check", 'contact.contry = "DE"')),
    "curly-quotes": (_nothing, ("rule", "check", "contact.country = “DE”")),
    "and-mixed-with-or": (
        _nothing,
        ("rule", "check", 'contact.city = "a" or contact.city = "b" and contact.country = "DE"'),
    ),
    "wrong-type": (_nothing, ("rule", "check", 'contact.birthday = "tomorrow"')),
    "several-at-once": (_nothing, ("rule", "check", 'contact.contry = "DE"\nand purchases.cuont > 3')),
    "text-without-quotes": (_nothing, ("rule", "check", "customer.category = wholesale")),
    "money-without-currency": (_nothing, ("rule", "check", "purchases.sum(amount) > 1000")),
    "unknown-segment": (_nothing, ("rule", "check", 'in segment "lapsd"')),
    "missing-file": (_nothing, ("import", "contacts", "peple.csv")),
    "folder-for-a-file": (_nothing, ("import", "contacts", ".")),
    "wrong-header": (_wrong_header, ("import", "contacts", "wrong.csv")),
    "ambiguous-decimals": (_two_ways, ("import", "purchases", "two.csv")),
    "enumeration-without-choices": (_nothing, ("field", "add", "contact.tier", "enumeration")),
    "choices-of-a-number": (_nothing, ("field", "add", "contact.tier", "integer", "--choices", "a,b")),
    "newer-database": (_newer, ("segment", "list")),
    "not-a-database": (_not_a_database, ("segment", "list")),
    "no-database": (_nothing, ("segment", "list", "--database", "sqlite:///elsewhere.db")),
    "unknown-kind-of-database": (_nothing, ("segment", "list", "--database", "mysql://localhost/x")),
    "unreachable-server": (_nothing, ("segment", "list", "--database", "postgresql://me:secret@localhost:1/crm")),
    "unknown-tenant": (_nothing, ("segment", "list", "--tenant", "acme")),
    "missing-segment": (_nothing, ("segment", "show", "nobody")),
    "wrong-instant": (_nothing, ("segment", "preview", "--rule", "did purchase", "--at", "yesterday")),
    "circle": (_nothing, ("segment", "create", "snake", "--rule", 'not in segment "snake"')),
    "no-rule": (_nothing, ("segment", "create", "empty")),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_is_wrong_and_what_to_do(shop: Kohorte, tmp_path: Path, name: str) -> None:
    prepare, arguments = CASES[name]
    shop("segment", "create", "lapsed", "--rule", "no purchases(last 90 days)")
    prepare(tmp_path)
    check_golden(name, arguments, shop(*arguments))


def test_a_locked_database_says_so(shop: Kohorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kohorte.adapters.storage.engine.WAIT_SECONDS", 0.1)
    arguments = ("list", "create", "vip")
    with closing(sqlite3.connect(tmp_path / "kohorte.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_golden("locked-database", arguments, shop(*arguments))


def check_golden(name: str, arguments: tuple[str, ...], answer: Answer) -> None:
    said = f"$ kohorte {' '.join(arguments)}\n{answer.out}{answer.err}exit code {answer.code}\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(said, "utf-8")
    assert answer.code != 0
    assert "Traceback" not in said
    assert said == golden.read_text("utf-8")
