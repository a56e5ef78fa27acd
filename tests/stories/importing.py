"""Imports the files of a folder as a process of its own, so that a test can kill it; and a shop's files to import.

``python -m tests.stories.importing URL FOLDER ROWS`` imports with so many rows in a batch and says ``ready`` before.
"""

import csv
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.files.rejects import reject_file, reject_path
from kohorte.adapters.files.sources import file_rows
from kohorte.adapters.storage.schema import (
    activities,
    contacts,
    customers,
    external_keys,
    items,
    purchases,
    waiting_rows,
)
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.imports.commands import ImportFile
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.tenants.model import Tenant
from kohorte.dsl.language import RuleLanguage

CHILDREN_FIRST = (
    *(RecordKind.ITEMS, RecordKind.ACTIVITIES, RecordKind.PURCHASES, RecordKind.CONTACTS, RecordKind.CUSTOMERS),
)
PARENTS = {
    items: {"contact_id": contacts, "purchase_id": purchases},
    purchases: {"contact_id": contacts},
    activities: {"contact_id": contacts},
    contacts: {"customer_id": customers},
    customers: {},
}


def import_folder(url: str, folder: Path, batch_rows: int, kinds: Sequence[RecordKind] = CHILDREN_FIRST) -> None:
    """Import one file of each kind."""
    clock, ids = SystemClock(), TimedIds()
    storage = open_storage(url, clock=clock, ids=ids)
    bus = Bus(registry(), clock, ids, RuleLanguage(), storage)
    with storage.tenants() as tenants:
        tenant = tenants.named("default")
    for kind in kinds:
        path = folder / f"{kind.value}.csv"
        with reject_file(reject_path(path)) as rejects:
            bus.run(ImportFile(kind, file_rows(path), rejects, batch_rows=batch_rows), tenant)
    storage.close()


def write_files(folder: Path, size: int) -> None:
    """Write files of all kinds, some rows of which are bad, refused, or name a parent that nobody is."""
    dice = random.Random(size)  # noqa: S311 - no secret
    at = [f"2024-0{1 + number % 9}-{1 + number % 28:02}T{number % 24:02}:00:00Z" for number in range(size)]
    keys = [f"K{number}" for number in range(size)]
    dice.shuffle(keys)
    _write(folder, "customers", "key,name,category", [(key, f"Ümlaut {key}", "retail") for key in keys[: size // 10]])
    _write(
        *(folder, "contacts", "key,email,first_name,city,birthday,customer,created_at"),
        [
            (
                key,
                f"{key}@example.com" if n % 97 else "no address",
                "Ann",
                "Köln",
                "1980-02-29",
                f"K{n % size // 9}",
                at[n],
            )
            for n, key in enumerate(keys)
        ],
    )
    currencies = ("EUR", "GBP", "JPY")
    _write(
        *(folder, "purchases", "key,contact,at,amount,currency"),
        [(key, f"K{n * 7 % (size + 5)}", at[n], f"{n}", currencies[n % 3]) for n, key in enumerate(keys)],
    )
    _write(
        *(folder, "items", "key,purchase,product_code,quantity,amount"),
        [
            (key, f"K{n * 11 % (size + 5)}", "85123A", f"{n}", f"{n}.5" if n % 50 == 0 else "7")
            for n, key in enumerate(keys)
        ],
    )
    _write(
        *(folder, "activities", "key,contact,kind,at,subject"),
        [(key, f"K{n * 3 % size}", "call", at[n], "Offer") for n, key in enumerate(keys)],
    )


def _write(folder: Path, name: str, columns: str, rows: Sequence[Sequence[str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns.split(","), *rows])


def stored(storage: SqlStorage, tenant: Tenant) -> Mapping[str, Sequence[Any]]:
    """Return all records by their keys, parents named by theirs, and what waits; ids, lots and versions left out.

    Raise ``KeyError`` where a record names a parent that is not there, or a key no record.
    """
    with storage.work(tenant, reading=True) as work:
        transaction = work.transaction
        keys: dict[Table, dict[Any, str]] = {}
        for table in (customers, contacts, purchases, items, activities):
            own_id = table.c[f"{_singular(table)}_id"]
            found = transaction.connection.execute(select(own_id, table.c.key).where(transaction.own(table)))
            keys[table] = {row[0]: row[1] for row in found}
        records: dict[str, Sequence[Any]] = {}
        for table, parents in PARENTS.items():
            shown = [each for each in table.c if not each.name.endswith("_id") and each.name not in {"version", "lot"}]
            named = [*shown, *(table.c[name] for name in parents)]
            rows = transaction.connection.execute(select(*named).where(transaction.own(table)))
            records[table.name] = sorted(
                (
                    *map(repr, row[: len(shown)]),
                    *(
                        value and keys[parent][value]
                        for value, parent in zip(row[len(shown) :], parents.values(), strict=True)
                    ),
                )
                for row in rows
            )
        known = external_keys.c
        places = transaction.connection.execute(
            select(known.kind, known.key, known.id).where(transaction.own(external_keys))
        )
        of_kind = {table.name: names for table, names in keys.items()}
        records["keys"] = sorted((kind, key, of_kind[kind][found]) for kind, key, found in places)
        waiting = waiting_rows.c
        waits = transaction.connection.execute(
            select(waiting.kind, waiting.key, waiting.parent_key, waiting["columns"], waiting.problem).where(
                transaction.own(waiting_rows)
            )
        )
        records["waiting"] = sorted((*row[:3], repr(sorted(row[3].items())), row[4]) for row in waits)
    return records


def _singular(table: Table) -> str:
    return {"activities": "activity"}.get(table.name, table.name.removesuffix("s"))


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    import_folder(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
