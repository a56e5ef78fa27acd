"""Hostile texts, from CSV and JSON Lines, are stored as they are or rejected; none spoils another."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kohorte.adapters.files.rejects import reject_file, reject_path
from kohorte.adapters.files.sources import file_rows
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidValue
from kohorte.core.imports.commands import Imported, ImportFile
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.registry import registry
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.core.values import clean_text
from kohorte.dsl.language import RuleLanguage
from tests.data import shared_data


@pytest.fixture
def storage(url: str) -> Iterator[Storage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


def hostile_texts() -> Sequence[str]:
    folder = shared_data("hostile_input")
    naughty: list[str] = json.loads((folder / "big_list_of_naughty_strings.json").read_text("utf-8"))
    formulas = (folder / "csv_formula_injection.txt").read_text("utf-8").splitlines()
    spectrum = [path.read_text("utf-8") for path in sorted(shared_data("csv_spectrum").glob("*.csv"))]
    return [*naughty, *formulas, *spectrum, "a\0b", "x" * 2_000, "\ufeff", "\u202e"]


def written(folder: Path, form: str, texts: Sequence[str]) -> Path:
    file = folder / f"hostile.{form}"
    with file.open("w", encoding="utf-8", newline="") as out:
        if form == "csv":
            csv.writer(out).writerows([("key", "street"), *((f"K{n}", text) for n, text in enumerate(texts))])
        else:
            out.writelines(json.dumps({"key": f"K{n}", "street": text}) + "\n" for n, text in enumerate(texts))
    return file


def taken(storage: Storage, tenant: Tenant, file: Path) -> Imported:
    bus = Bus(registry(), FixedClock(), CountingIds(2_000_000), RuleLanguage(), storage)
    with reject_file(reject_path(file)) as rejects:
        return bus.run(ImportFile(RecordKind.CONTACTS, file_rows(file), rejects), tenant)


def cleaned(text: str) -> str | None:
    return clean_text(text)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_hostile_texts_are_stored_as_they_are_or_rejected(storage: Storage, tmp_path: Path, form: str) -> None:
    texts = hostile_texts()
    expected: dict[str, str | None] = {}
    for number, text in enumerate(texts):
        try:
            expected[f"K{number}"] = cleaned(text)
        except InvalidValue:
            continue
    tenant = add_tenant(storage)
    imported = taken(storage, tenant, written(tmp_path, form, texts))
    assert (imported.run.rows, imported.run.created) == (len(texts), len(expected))
    assert imported.run.rejected == len(texts) - len(expected) > 0
    with storage.work(tenant, reading=True) as work:
        assert {key: work.contacts.by_key(key).street for key in expected} == expected


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_hostile_keys_are_kept_apart(storage: Storage, tmp_path: Path, form: str) -> None:
    keys = sorted({key for text in hostile_texts() if len(text) < 200 and _is_clean(text) and (key := cleaned(text))})
    file = written(tmp_path, form, keys)
    tenant = add_tenant(storage)
    mapped = {"street": "key", "key": "city"}
    bus = Bus(registry(), FixedClock(), CountingIds(2_000_000), RuleLanguage(), storage)
    for again in range(2):
        with reject_file(reject_path(file)) as rejects:
            imported = bus.run(ImportFile(RecordKind.CONTACTS, file_rows(file), rejects, mapping=mapped), tenant)
        assert (imported.run.created, imported.run.updated) == ((0, len(keys)) if again else (len(keys), 0))
    with storage.work(tenant, reading=True) as work:
        assert [work.contacts.by_key(key).city for key in keys] == [f"K{n}" for n in range(len(keys))]


def _is_clean(text: str) -> bool:
    try:
        return cleaned(text) is not None
    except InvalidValue:
        return False
