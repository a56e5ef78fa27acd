"""A real shop's year, exported the way a German shop would: imported backwards and twice, and asked what it holds.

A subset that takes seconds; every customer of the source with KOHORTE_THOROUGH=1. What the rules should answer is
computed from the source in plain Python.
"""

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, field

from kohorte.entrypoints.cli.app import run

SOURCE: Final = Path(__file__).parents[3] / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
EVERY: Final = 1 if os.environ.get("KOHORTE_THOROUGH") == "1" else 40
"""One customer in so many is taken."""
CLOSING: Final = datetime(2011, 12, 10)  # noqa: DTZ001 - the source has the shop's wall-clock times
CENT: Final = Decimal("0.01")
TOWNS: Final = ("Köln", "Zürich", "Fürth", "Weißenfels")
MAPPINGS: Final = {
    "items": "Positionsnr=key Rechnungsnr=purchase Artikelnr=product_code Bezeichnung=product_name Menge=quantity "
    "Betrag=amount",
    "purchases": "Rechnungsnr=key Kundennr=contact Datum=at Summe=amount Zustand=status",
    "contacts": "Kundennr=key Ort=city",
}
Ask = Callable[..., Any]

pytestmark = pytest.mark.skipif(not SOURCE.exists(), reason="the source data set is not beside the project")


@define
class Invoice:
    """An invoice of the source: code, text, quantity and amount of each line."""

    customer: str
    at: datetime
    lines: list[tuple[str, str, int, Decimal]] = field(factory=list[tuple[str, str, int, Decimal]])

    @property
    def amount(self) -> Decimal:
        return sum((amount for *_, amount in self.lines), Decimal(0))


def town(customer: str) -> str:
    """Return a town that is made up, for the source has none."""
    return TOWNS[int(customer) // EVERY % len(TOWNS)]


def read_invoices() -> dict[str, Invoice]:
    invoices: dict[str, Invoice] = {}
    with gzip.open(SOURCE, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            customer = row["CustomerID"].partition(".")[0]
            if customer and int(customer) % EVERY == 0:
                at = datetime.fromisoformat(row["InvoiceDate"])
                invoice = invoices.setdefault(row["InvoiceNo"], Invoice(customer, at))
                quantity = int(row["Quantity"])
                amount = (quantity * Decimal(row["UnitPrice"])).quantize(CENT)
                invoice.lines.append((row["StockCode"], row["Description"], quantity, amount))
    return invoices


def export(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    """Write a file as a German office program does: semicolons, decimal commas, windows-1252."""
    with path.open("w", encoding="windows-1252", errors="replace", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(header.split())
        for row in rows:
            writer.writerow([str(cell).replace(".", ",") if isinstance(cell, Decimal) else cell for cell in row])


def export_shop(folder: Path, invoices: dict[str, Invoice]) -> None:
    export(
        folder / "items.csv",
        "Positionsnr Rechnungsnr Artikelnr Bezeichnung Menge Betrag",
        [
            (f"{number}-{position}", number, *line)
            for number, each in invoices.items()
            for position, line in enumerate(each.lines)
        ],
    )
    export(
        folder / "purchases.csv",
        "Rechnungsnr Kundennr Datum Summe Zustand",
        [
            (number, each.customer, each.at, each.amount, "storniert" if number.startswith("C") else "bezahlt")
            for number, each in invoices.items()
        ],
    )
    customers = sorted({each.customer for each in invoices.values()})
    export(folder / "contacts.csv", "Kundennr Ort", [(each, town(each)) for each in customers])


def customers_who(invoices: Iterable[Invoice], wanted: Callable[[list[Invoice]], bool]) -> int:
    by_customer: dict[str, list[Invoice]] = {}
    for each in invoices:
        by_customer.setdefault(each.customer, []).append(each)
    return sum(wanted(of_one) for of_one in by_customer.values())


QUESTIONS: Final[dict[str, Callable[[list[Invoice]], bool]]] = {
    "purchases(at on or after 2011-11-10).count >= 1": lambda own: any(
        each.at >= datetime(2011, 11, 10)  # noqa: DTZ001 - as above
        for each in own
    ),
    'any items(product_code = "85123A")': lambda own: any(code == "85123A" for each in own for code, *_ in each.lines),
    "purchases.sum(amount) > 1000 GBP": lambda own: sum(each.amount for each in own) > 1000,
    "did purchase at least 3 times in the last 90 days": lambda own: (
        sum(each.at >= CLOSING - timedelta(days=90) for each in own) >= 3
    ),
    'contact.city = "köln"': lambda own: town(own[0].customer) == "Köln",
}


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return the command line in an empty folder, for the tenant of the shop; it answers with its JSON."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"LC_ALL": "C.UTF-8", "LANGUAGE": "", "KOHORTE_DATABASE": "", "KOHORTE_TENANT": "shop"}.items():
        monkeypatch.setenv(name, value)

    def command(*arguments: str) -> Any:
        assert run([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert run(["migrate"]) == 0
    assert run(["tenant", "create", "shop", "--zone", "Europe/London", "--currency", "GBP"]) == 0
    capsys.readouterr()
    return command


def test_a_shop_is_imported_backwards_and_twice_and_answers_as_its_source_does(ask: Ask, tmp_path: Path) -> None:
    invoices = read_invoices()
    export_shop(tmp_path, invoices)
    sizes = {
        "items": sum(len(each.lines) for each in invoices.values()),
        "purchases": len(invoices),
        "contacts": len({each.customer for each in invoices.values()}),
    }

    def import_all() -> dict[str, Any]:
        return {
            kind: ask("import", kind, f"{kind}.csv", *(part for pair in pairs.split() for part in ("--map", pair)))
            for kind, pairs in MAPPINGS.items()
        }

    first = import_all()
    assert {kind: each["rows"] for kind, each in first.items()} == sizes
    assert first["items"]["waiting"] == sizes["items"]
    assert first["purchases"]["waiting"] == sizes["purchases"]
    assert first["contacts"]["joined"] == {"purchases": sizes["purchases"], "items": sizes["items"]}
    assert ask("import", "status")["waiting_count"] == {}

    again = import_all()
    told = {kind: (each["created"], each["updated"], each["waiting"]) for kind, each in again.items()}
    assert told == {kind: (0, size, 0) for kind, size in sizes.items()}

    for rule, wanted in QUESTIONS.items():
        expected = customers_who(invoices.values(), wanted)
        assert 0 < expected < sizes["contacts"], rule
        assert ask("segment", "preview", "--rule", rule, "--at", "2011-12-10")["count"] == expected, rule
