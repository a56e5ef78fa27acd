"""Targets 1, 2, 3 and 15: predicates and SQL beside what a person would write, compiling, and hostile rules.

Target 14, agreement, is what `tests/agreement` asks at full size in the thorough session.
"""

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import gettempdir
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    select,
    text,
)

from benchmarks.figures import Figure, ratio_figure, seconds_figure
from benchmarks.rule_shapes import (
    AFTER_90_DAYS_AGO,
    AFTER_NOW,
    CATALOGUE,
    JULY_2000,
    NOW,
    SHAPES,
    YEAR_AGO,
    Shape,
    people,
)
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.sql import Binding, Rows, Stored

SLICES: Final = 120
"""So many short turns each: on a busy machine the median of many short turns is steadier than that of few long ones."""
PEOPLE_IN_TABLES: Final = 30_000


def measure() -> list[Figure]:
    """Measure all of them."""
    return [*_predicates(), *_statements(), *_compiling(), *_hostile()]


def in_turns(
    candidates: Mapping[str, Callable[[], object]], *, slices: int = SLICES, warmed: bool = False
) -> dict[str, float]:
    """Time the candidates in many short turns, each round in the opposite order; return the median seconds of each.

    ``warmed`` candidates run once more before each turn: some others leave no processor cache as it was.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for run in candidates.values():
        run()
    gc.disable()
    try:
        for number in range(slices):
            turn = list(candidates.items())
            for name, run in turn if number % 2 else reversed(turn):
                if warmed:
                    run()
                started = perf_counter()
                run()
                seconds[name].append(perf_counter() - started)
    finally:
        gc.enable()
    return {name: median(values) for name, values in seconds.items()}


# -- 1: predicates -----------------------------------------------------------------------------------------------


def _predicates() -> list[Figure]:
    records = people(400)
    figures: list[Figure] = []
    for shape in SHAPES:
        bound, by_hand = shape.rule.compiled.at(to_micros(NOW)), shape.by_hand
        assert [bound.matches(each) for each in records] == [bool(by_hand(each)) for each in records], shape.name
        took = in_turns(
            {
                "one by hand": partial(_each, by_hand, records),
                "one": partial(_each, bound.matches, records),
                "batch by hand": partial(_chosen, by_hand, records),
                "batch": partial(bound.select, records),
            }
        )
        figures += [
            ratio_figure(
                1,
                f"one contact, {shape.name}, beside a handwritten lambda",
                ours=took["one"] / len(records),
                reference=took["one by hand"] / len(records),
                at_most=1.2,
            ),
            ratio_figure(
                1,
                f"batch, {shape.name}, beside a handwritten lambda",
                ours=took["batch"] / len(records),
                reference=took["batch by hand"] / len(records),
                at_most=1.0,
            ),
        ]
    return figures


def _each(function: Callable[[Any], object], records: list[dict[str, Any]]) -> None:
    for record in records:
        function(record)


def _chosen(function: Callable[[Any], object], records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if function(record)]


# -- 2: statements -----------------------------------------------------------------------------------------------

_metadata = MetaData()
contacts = Table(
    "contacts",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_id", Integer),
    *(Column(name, Text) for name in ("country", "city", "city_folded", "email_domain", "email_domain_folded")),
    *(Column(name, Text) for name in ("language", "tier")),
    Column("score", Integer),
    Column("birthday", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("subscribed", Boolean),
)
customers = Table(
    "customers",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("category", Text),
    Column("category_folded", Text),
)
purchases = Table(
    "purchases",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", Integer),
    Column("at", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text),
)
Index("ix_contacts_country", contacts.c.country)
Index("ix_purchases_contact_at", purchases.c.contact_id, purchases.c.at)
BINDING: Final = Binding(
    subject=Rows(
        contacts,
        columns={
            "city": Stored(contacts.c.city, folded=contacts.c.city_folded),
            "email_domain": Stored(contacts.c.email_domain, folded=contacts.c.email_domain_folded),
            **{
                name: contacts.c[name]
                for name in ("country", "score", "birthday", "created_at", "language", "subscribed", "tier")
            },
        },
        key=contacts.c.id,
    ),
    owners={
        "customer": Rows(
            customers,
            columns={"category": Stored(customers.c.category, folded=customers.c.category_folded)},
            key=customers.c.id,
            on=customers.c.id == contacts.c.customer_id,
        )
    },
    collections={
        "purchases": Rows(
            purchases,
            columns={name: purchases.c[name] for name in ("at", "amount", "currency", "status")},
            key=purchases.c.id,
            on=purchases.c.contact_id == contacts.c.id,
        )
    },
)
_ENDS = {
    "sqlite": "substr(c.email_domain_folded, -8) = '.example'",
    "postgresql": "right(c.email_domain_folded, 8) = '.example'",
}
_TIMES = {"year_ago": YEAR_AGO, "july_2000": JULY_2000, "after_90_days_ago": AFTER_90_DAYS_AGO, "after_now": AFTER_NOW}


def _statements() -> list[Figure]:
    figures: list[Figure] = []
    with _urls() as urls:
        for url in urls:
            engine = create_engine(url)
            with engine.connect() as connection:
                _fill(connection)
                figures += [_statement(shape, connection) for shape in SHAPES]
            engine.dispose()
    return figures


@contextmanager
def _urls() -> Iterator[list[str]]:
    """Yield the databases to measure on; the server that is started for it is gone afterwards."""
    try:
        from tests.postgres import start_server, stop_server  # noqa: PLC0415 - an installed wheel has no tests
    except ImportError as missing:
        print(f"  PostgreSQL is not measured: {missing}")
        yield ["sqlite://"]
        return
    directory = Path(gettempdir(), f"kohorte-bench-{uuid4().hex[:8]}")
    try:
        yield ["sqlite://", start_server(directory).create_database().owner_url]
    finally:
        stop_server(directory)


def _fill(connection: Connection) -> None:
    _metadata.create_all(connection)
    records = people(PEOPLE_IN_TABLES)
    rows: dict[str, list[dict[str, Any]]] = {"contacts": [], "customers": [], "purchases": []}
    for number, each in enumerate(records):
        category = each["customer.category"]
        own = {
            name.replace("~", "_folded"): value
            for name, value in each.items()
            if "." not in name and name != "purchases"
        }
        rows["contacts"].append({"id": number, "customer_id": number if category else None, **own})
        if category:
            rows["customers"].append({"id": number, "category": category, "category_folded": category})
        rows["purchases"] += [
            {
                "contact_id": number,
                "at": p["at"],
                "amount": p["amount"],
                "currency": p["amount$"],
                "status": p["status"],
            }
            for p in each["purchases"]
        ]
    for table in (customers, contacts, purchases):
        connection.execute(table.insert(), rows[table.name])
    connection.commit()
    connection.exec_driver_sql("ANALYZE")
    connection.commit()


def _statement(shape: Shape, connection: Connection) -> Figure:
    rule, engine = shape.rule, connection.dialect.name
    ours, values = select(contacts.c.id).where(rule.condition(BINDING)), rule.parameters(NOW)
    used = {name: value for name, value in _TIMES.items() if f":{name}" in shape.sql}
    by_hand = text(f"SELECT c.id FROM contacts c WHERE {shape.sql.format(ends=_ENDS[engine])}")
    found = set(connection.scalars(ours, values))
    assert found == set(connection.scalars(by_hand, used)), shape.name
    took = in_turns(
        {
            "ours": lambda: connection.execute(ours, values).fetchall(),
            "by hand": lambda: connection.execute(by_hand, used).fetchall(),
        },
        slices=25,
    )
    what = f"{engine}, {shape.name}, beside handwritten SQL"
    return ratio_figure(2, what, ours=took["ours"], reference=took["by hand"], at_most=1.1)


# -- 3: compiling ------------------------------------------------------------------------------------------------


def _compiling() -> list[Figure]:
    language = Language(CATALOGUE)
    ten = SHAPES[2].text
    largest = " or ".join(f"contact.score between {2 * each} and {2 * each}" for each in range(250))
    # Each by itself: the large rule would leave the small one cold caches, which nobody meets.
    small = in_turns({"ten": lambda: language.rule(ten).compiled})["ten"]
    large = in_turns({"largest": lambda: language.rule(largest)}, slices=15)["largest"]
    return [
        seconds_figure(3, "parse, check and compile 10 plain conditions", measured=small, at_most=1e-3),
        seconds_figure(3, "parse and check a legal rule of 500 comparisons", measured=large, at_most=150e-3),
    ]


# -- 15: hostile rules -------------------------------------------------------------------------------------------

HOSTILE: Final = {
    "20,000 alternatives": " or ".join(["contact.score = 1"] * 20_000),
    "5,000 brackets": "(" * 5_000 + "contact.score = 1" + ")" * 5_000,
    "10,000 nots": "not " * 10_000 + "contact.subscribed",
    "a text of 1 MB": 'contact.city = "' + "a" * 1_000_000 + '"',
    "a nested regular expression": 'contact.city matches regex "(a+)+$"',
    "a number of 10,000 digits": "contact.score = " + "9" * 10_000,
    "a list of 5,000": "contact.score in (" + ", ".join(["1"] * 5_000) + ")",
}


def _hostile() -> list[Figure]:
    language, figures = Language(CATALOGUE), []
    for name, rule in HOSTILE.items():
        tracemalloc.start()
        started = perf_counter()
        try:
            language.rule(rule)
            refused = False
        except RuleRefused:
            refused = True
        took, (_, peak) = perf_counter() - started, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert refused, name
        assert peak < 64 * 2**20, (name, peak)
        figures.append(seconds_figure(15, f"refuse {name}", measured=took, at_most=50e-3))
    return figures
