"""Batches in short, and everything that is stored under a few keys, so that two ways can be compared."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from kohorte.core.errors import NotFound
from kohorte.core.ports.records import Batch, RecordKind, WaitingRows, Written
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import NOON, counted_id

FEW = ("1", "2", "3")


def batch(kind: RecordKind, columns: str, *rows: tuple[object, ...]) -> Batch:
    """Return a batch whose columns are given as one text."""
    return Batch(kind, tuple(columns.split()), rows)


def write(storage: Storage, tenant: Tenant, *batches: Batch) -> list[Written]:
    """Write batches, each in a transaction of its own."""
    written: list[Written] = []
    for each in batches:
        with storage.work(tenant) as work:
            written.append(work.records.write(each))
            work.commit()
    return written


def everything(storage: Storage, tenant: Tenant, keys: Iterable[str] = FEW) -> Mapping[str, object]:
    """Return all aggregates under the keys, what waits, and the counts; ids, versions and times of writing left out."""
    with storage.work(tenant) as work:
        found: dict[str, object] = {}
        for key in keys:
            found[f"customer {key}"] = _found(work.customers.by_key, key)
            found[f"contact {key}"] = _found(work.contacts.by_key, key, created_at=NOON)
            found[f"purchase {key}"] = _purchase(work, key)
            found[f"activity {key}"] = _found(work.activities.by_key, key)
        found["waiting"] = sorted(work.records.waiting(), key=_place)
        found["counts"] = {kind: work.records.count(kind) for kind in RecordKind}
        found["waiting counts"] = {kind: count for kind, count in work.records.waiting_count().items() if count}
    return found


def _found(by_key: Callable[[str], Any], key: str, **told: object) -> object:
    try:
        return evolve(by_key(key), id=counted_id(0), version=0, **told)
    except NotFound:
        return None


def _purchase(work: UnitOfWork, key: str) -> object:
    try:
        purchase = work.purchases.by_key(key)
    except NotFound:
        return None
    items = tuple(evolve(item, id=counted_id(0)) for item in purchase.items)
    return evolve(purchase, id=counted_id(0), version=0, items=items)


def _place(rows: WaitingRows) -> tuple[str, str, str, str]:
    return rows.kind.value, rows.parent_kind.value, rows.parent_key, rows.problem
