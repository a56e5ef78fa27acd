"""Kohorte answers every conformance case as written: the predicate, SQLite, PostgreSQL and DuckDB (see README.md)."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb
from kohorte.core.values import Money
from tests.agreement.stands import Question, Stand, answers, ready_stands
from tests.dsl.catalogues import Names
from tests.postgres import Database

HERE = Path(__file__).parent
FILES = sorted(file for file in HERE.glob("*.json") if file.stem != "catalogue")


def read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def declared() -> Catalogue:
    """Read the catalogue."""
    content = read(HERE / "catalogue.json")
    owners = {name: Owner(name, _fields(each), each.get("optional", False)) for name, each in content["owners"].items()}
    return Catalogue.of(
        owners.pop(content["subject"]),
        *owners.values(),
        collections=[
            Collection(name, _fields(each), **{key: value for key, value in each.items() if key != "fields"})
            for name, each in content["collections"].items()
        ],
        verbs=[Verb(name, **each) for name, each in content["verbs"].items()],
    )


def _fields(holder: Mapping[str, Any]) -> Iterator[Field]:
    for name, each in holder["fields"].items():
        more = {key: value for key, value in each.items() if key not in {"kind", "choices"}}
        yield Field(name, Kind(each["kind"]), choices=tuple(each.get("choices", ())), **more)


def _record(fields: Mapping[str, Field], values: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Turn the JSON values of a record into domain values."""
    record: dict[str, Any] = {}
    for name, value in values.items():
        if value is None:
            continue
        if name in fields:
            record[name] = _value(fields[name], value)
        elif name in catalogue.owners:
            record[name] = _record(catalogue.owners[name].fields, value, catalogue)
        else:
            record[name] = [_record(catalogue.collections[name].fields, row, catalogue) for row in value]
    return record


def _value(field: Field, value: Any) -> Any:
    match field.kind:
        case Kind.DECIMAL:
            return Decimal(value)
        case Kind.MONEY:
            return Decimal(value) if field.currency else Money(Decimal(value["amount"]), value["currency"])
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.INSTANT:
            return datetime.fromisoformat(value)
        case _:
            return value


@pytest.fixture(scope="module")
def stands(postgres_module_database: Database) -> Iterator[list[Stand]]:
    with ready_stands(declared(), postgres_module_database) as found:
        yield found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_is_answered_as_written(file: Path, stands: list[Stand]) -> None:
    catalogue, content = declared(), read(file)
    names = list(content["contacts"])
    people = [
        {"key": name, **_record(catalogue.owners["contact"].fields, each, catalogue)}
        for name, each in content["contacts"].items()
    ]
    segments, lists = content.get("segments", {}), content.get("lists", {})
    members = {name: [names.index(each) for each in held] for name, held in segments.items() if isinstance(held, list)}
    for case in content["cases"]:
        references = Names(
            case.get("zone", content["zone"]),
            {name: None if isinstance(held, list) else held for name, held in segments.items()},
            tuple(lists),
        )
        question = Question.of(case["rule"], catalogue, references, members=members, lists=lists)
        now = datetime.fromisoformat(case.get("now", content["now"]))
        (found,) = answers(question, people, [now], stands)
        assert sorted(names[each] for each in found) == sorted(case["matches"]), case


def test_there_are_enough_cases_and_none_is_there_twice() -> None:
    cases = [json.dumps(case, sort_keys=True) for file in FILES for case in read(file)["cases"]]
    assert len(cases) >= 300
    for file in FILES:
        told = [json.dumps(case, sort_keys=True) for case in read(file)["cases"]]
        assert len(told) == len(set(told)), file
