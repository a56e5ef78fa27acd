"""Derive the demo's files from the Online Retail data set (see README.md in this folder).

``python -m kohorte.entrypoints.demo.derive online_retail.csv.gz FOLDER`` writes the files that are shipped.
The same source always gives the same bytes.
"""

import csv
import gzip
import hashlib
import io
import lzma
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

LONDON: Final = ZoneInfo("Europe/London")
UTC: Final = ZoneInfo("UTC")
CENT: Final = Decimal("0.01")
WHOLESALE_LINE: Final = 24
"""A customer counts as wholesale where the median line of its purchases has at least this quantity."""

COUNTRIES: Final[Mapping[str, str]] = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Channel Islands": "JE", "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE", "Finland": "FI",
    "France": "FR", "Germany": "DE", "Greece": "GR", "Iceland": "IS", "Israel": "IL", "Italy": "IT", "Japan": "JP",
    "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL", "Norway": "NO", "Poland": "PL",
    "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES", "Sweden": "SE",
    "Switzerland": "CH", "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB",
}  # fmt: skip
"""ISO 3166 codes of the source's names; "Unspecified" and "European Community" stay empty."""

FIRST: Final = (
    "Ada Alma Amir Anna Arthur Aylin Ben Carla Chloé "
    "Clara Daniel Elif Emil Emma Enzo Eva Felix Finn Frieda Greta Hanna "
    "Henry Ida Ines Isla Jakob Jana Jonas Julia Kai Lara Lea Leo Lina Louis Luca Maja Marie Max Mia Milan Nadia Nico "
    "Noah Nora Olga Oscar Paul Rosa Samir Sofia Søren Theo Tom Vera Victor Yara Zoë"
)
LAST: Final = (
    "Abbott Adler "
    "Andersen Bauer Becker Berg Bianchi Brandt Brown Carter Clarke Costa Dahl Dubois Evans Fischer Fontaine "
    "Fox Garcia Gray Green Hall Hansen Hoffmann Hughes Jansen Jones Kaya Keller King Klein Koch Kowalski Lang Larsen "
    "Lehmann Lewis López Martin McBride McDonald Meyer Moreau Müller Nowak O'Brien Olsen Petit Quinn Ricci Rossi "
    "Schäfer Schmidt Silva Smith Søndergaard Taylor Turner Vogel Wagner Walker Weber White Wolf Wood Young Zimmermann"
)
LANGUAGES: Final[Mapping[str, str]] = {
    "DE": "de",
    "AT": "de",
    "CH": "de",
    "FR": "fr",
    "ES": "es",
    "IT": "it",
    "PT": "pt",
}


@frozen
class Line:
    """A line of an invoice."""

    product_code: str
    product_name: str
    quantity: int
    amount: Decimal


@frozen
class Invoice:
    """An invoice of a known customer; several lines of one product are one."""

    number: str
    customer: str
    at: datetime
    country: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> Decimal:
        """Return the sum of the lines, in pounds."""
        return sum((line.amount for line in self.lines), Decimal(0))


def read_invoices(source: Path) -> list[Invoice]:
    """Return the invoices of known customers in the order of the source."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as text:
        known = [row for row in csv.DictReader(text) if row["CustomerID"]]
    names = _commonest_names(known)
    by_number: dict[str, list[dict[str, str]]] = {}
    for row in known:
        by_number.setdefault(row["InvoiceNo"], []).append(row)
    return [_invoice(number, rows, names) for number, rows in by_number.items()]


def _commonest_names(rows: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["StockCode"], Counter())[" ".join(row["Description"].split())] += 1
    return {code: min(names, key=lambda name: (-names[name], name)) for code, names in found.items()}


def _invoice(number: str, rows: list[dict[str, str]], names: Mapping[str, str]) -> Invoice:
    lines: dict[str, tuple[int, Decimal]] = {}
    for row in rows:
        quantity, amount = lines.get(row["StockCode"], (0, Decimal(0)))
        bought = int(row["Quantity"])
        lines[row["StockCode"]] = (quantity + bought, amount + bought * Decimal(row["UnitPrice"]))
    return Invoice(
        number=number,
        customer=rows[0]["CustomerID"].removesuffix(".0"),
        at=datetime.fromisoformat(rows[0]["InvoiceDate"]).replace(tzinfo=LONDON).astimezone(UTC),
        country=COUNTRIES.get(rows[0]["Country"], ""),
        lines=tuple(
            Line(code, names[code], quantity, amount.quantize(CENT)) for code, (quantity, amount) in lines.items()
        ),
    )


def _choose(seed: str, purpose: str, count: int) -> int:
    """Return a number below ``count`` that depends on the customer and the purpose alone."""
    return int.from_bytes(hashlib.sha256(f"{purpose}:{seed}".encode()).digest()[:8], "big") % count


def _one_of(words: str, seed: str, purpose: str) -> str:
    choices = words.split()
    return choices[_choose(seed, purpose, len(choices))]


def contact_rows(invoices: Iterable[Invoice]) -> list[tuple[str, ...]]:
    """Return the contacts: key, country and first purchase are real, the rest is made up at example.com."""
    first: dict[str, Invoice] = {}
    last: dict[str, Invoice] = {}
    for invoice in invoices:
        first.setdefault(invoice.customer, invoice)
        last[invoice.customer] = invoice
    return [_contact(key, first[key].at, last[key].country) for key in sorted(first)]


def _contact(key: str, since: datetime, country: str) -> tuple[str, ...]:
    first_name = _one_of(FIRST, key, "first")
    last_name = _one_of(LAST, key, "last")
    address = f"{_plain(first_name)}.{_plain(last_name)}.{key}@example.com"
    email = "" if _choose(key, "no email", 12) == 0 else address
    birthday = f"{1945 + _choose(key, 'year', 60)}-{1 + _choose(key, 'month', 12):02}-{1 + _choose(key, 'day', 28):02}"
    return (
        key, email, first_name, last_name, LANGUAGES.get(country, "en"), country,
        "" if _choose(key, "no birthday", 3) == 0 else birthday, f"C{key}", f"{since:%Y-%m-%dT%H:%M:%SZ}",
    )  # fmt: skip


def _plain(name: str) -> str:
    """Return a name in the letters of addresses: Chloé Søndergaard is chloe.sondergaard."""
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("ø", "o"))
    return "".join(letter for letter in decomposed if letter.isascii() and letter != "'")


def customer_rows(invoices: Iterable[Invoice]) -> list[tuple[str, ...]]:
    """Return the customers, one per contact: the category is derived from the quantities, the name is made up."""
    quantities: dict[str, list[int]] = {}
    country: dict[str, str] = {}
    for invoice in invoices:
        country[invoice.customer] = invoice.country
        quantities.setdefault(invoice.customer, []).extend(line.quantity for line in invoice.lines if line.quantity > 0)
    return [
        (f"C{key}", f"{_one_of(LAST, key, 'last')} {_trade(quantities[key])} {key}",
         "wholesale" if _is_wholesale(quantities[key]) else "retail", country[key])
        for key in sorted(quantities)
    ]  # fmt: skip


def _is_wholesale(quantities: list[int]) -> bool:
    return bool(quantities) and sorted(quantities)[len(quantities) // 2] >= WHOLESALE_LINE


def _trade(quantities: list[int]) -> str:
    return "Trading" if _is_wholesale(quantities) else "Household"


def purchase_rows(invoices: Iterable[Invoice]) -> list[tuple[str, ...]]:
    """Return the purchases; a cancellation has a negative amount and the status cancelled."""
    return [
        (each.number, each.customer, f"{each.at:%Y-%m-%dT%H:%M:%SZ}", str(each.amount), "GBP",
         "cancelled" if each.number.startswith("C") else "completed")
        for each in invoices
    ]  # fmt: skip


def item_rows(invoices: Iterable[Invoice]) -> list[tuple[str, ...]]:
    """Return the lines of all invoices."""
    return [
        (f"{each.number}-{position}", each.number, line.product_code, line.product_name, str(line.quantity),
         str(line.amount))
        for each in invoices
        for position, line in enumerate(each.lines, start=1)
    ]  # fmt: skip


def write(path: Path, columns: str, rows: Iterable[tuple[str, ...]]) -> None:
    """Write a CSV file, compressed with xz; the bytes depend on the rows alone."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.split(","))
    writer.writerows(rows)
    path.write_bytes(lzma.compress(text.getvalue().encode(), preset=9 | lzma.PRESET_EXTREME))


def derive(source: Path, folder: Path) -> None:
    """Write the four files of the demo into ``folder``."""
    invoices = read_invoices(source)
    write(folder / "customers.csv.xz", "key,name,category,country", customer_rows(invoices))
    write(
        folder / "contacts.csv.xz",
        "key,email,first_name,last_name,language,country,birthday,customer,created_at",
        contact_rows(invoices),
    )
    write(folder / "purchases.csv.xz", "key,contact,at,amount,currency,status", purchase_rows(invoices))
    write(folder / "items.csv.xz", "key,purchase,product_code,product_name,quantity,amount", item_rows(invoices))


if __name__ == "__main__":
    derive(Path(sys.argv[1]), Path(sys.argv[2]))
