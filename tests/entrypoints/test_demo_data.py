"""The files that the demo ships are what its source says, and nobody's real name."""

import csv
import lzma
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from kohorte.entrypoints.demo.derive import contact_rows, customer_rows, item_rows, purchase_rows, read_invoices

DATA = files("kohorte.entrypoints.demo").joinpath("data")
SOURCE = Path("../shared/data/online_retail/online_retail.csv.gz")


def shipped(kind: str) -> list[tuple[str, ...]]:
    text = lzma.decompress(DATA.joinpath(f"{kind}.csv.xz").read_bytes()).decode()
    return [tuple(row) for row in csv.reader(text.splitlines())][1:]


def test_all_files_together_stay_below_three_megabytes() -> None:
    assert sum(len(each.read_bytes()) for each in DATA.iterdir()) < 3_000_000


def test_every_address_is_at_example_com() -> None:
    addresses = [row[1] for row in shipped("contacts") if row[1]]
    assert len(addresses) > 3_000
    assert all(address.endswith("@example.com") for address in addresses)


def test_a_purchase_is_worth_the_sum_of_its_items() -> None:
    worth: dict[str, Decimal] = {}
    for _, purchase, _, _, _, amount in shipped("items"):
        worth[purchase] = worth.get(purchase, Decimal(0)) + Decimal(amount)
    assert {row[0]: Decimal(row[3]) for row in shipped("purchases")} == worth


def test_cancellations_are_kept_as_such() -> None:
    cancelled = [row for row in shipped("purchases") if row[5] == "cancelled"]
    assert cancelled
    assert all(row[0].startswith("C") and Decimal(row[3]) <= 0 for row in cancelled)


@pytest.mark.skipif(not SOURCE.exists(), reason="the source data set is not beside the project")
def test_the_files_are_derived_from_the_source() -> None:
    invoices = read_invoices(SOURCE)
    assert shipped("contacts") == contact_rows(invoices)
    assert shipped("customers") == customer_rows(invoices)
    assert shipped("purchases") == purchase_rows(invoices)
    assert shipped("items") == item_rows(invoices)
