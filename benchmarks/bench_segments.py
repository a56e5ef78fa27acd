"""Segments over a shop: generated SQL, first calculation, calculation without change, and cost against size.

Everything is measured through the command, on both databases, with the settings that the application has.
"""

import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, frozen
from sqlalchemy import ClauseElement, Connection, Executable, func, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from benchmarks.figures import Figure, interleaved, ratio_figure, seconds_figure
from benchmarks.shop import Shop, postgres_shop, sqlite_shop
from kohorte.adapters.storage.audiences import StorageAudiences
from kohorte.adapters.storage.schema import contacts
from kohorte.adapters.storage.time_limits import within
from kohorte.adapters.storage.unit_of_work import SqlUnitOfWork
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, CreateSegment
from kohorte.core.segments.rules import check_rule
from kohorte.core.values import to_micros
from kohorte.dsl.compiled import CompiledRule

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 5
MANY_MEMBERS = 200_000
SECONDS = {10_000: 0.15, 1_000_000: 2.0}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _micros(year: int, month: int = 1) -> int:
    return to_micros(datetime(year, month, 1, tzinfo=UTC))


@frozen
class Shape:
    """A rule, and the condition that somebody who knows the tables would write for it."""

    name: str
    rule: str
    by_hand: str
    by_hand_on_postgresql: str = ""


SHAPES = (
    Shape("1 condition", 'contact.country = "DE"', "c.country = 'DE'"),
    Shape(
        "3 conditions",
        'contact.country in ("DE", "AT") and contact.created_at on or after 2021-01-01 and contact.email is set',
        f"c.country IN ('DE', 'AT') AND c.created_at >= {_micros(2021)} AND c.email IS NOT NULL",
    ),
    Shape(
        "10 conditions",
        """contact.country in ("DE", "AT", "CH", "FR") and contact.email is set and contact.city contains "7"
        and contact.birthday before 1995-01-01 and contact.created_at on or after 2020-06-01
        and contact.language != "it" and contact.name starts with "name" and contact.key is set
        and contact.email_domain not in ("example1.com", "example2.com") and contact.city != "City 77" """,
        f"""c.country IN ('DE', 'AT', 'CH', 'FR') AND c.email IS NOT NULL AND {{contains}} > 0
        AND c.birthday < 9131 AND c.created_at >= {_micros(2020, 6)} AND {{not_italian}}
        AND c.name_folded >= 'name' AND c.name_folded < 'namf' AND c.key IS NOT NULL
        AND (c.email_domain NOT IN ('example1.com', 'example2.com') OR c.email_domain IS NULL)
        AND {{not_city}}""",
    ),
    Shape(
        "nested with negation",
        """(contact.country = "DE" or not (contact.city = "City 7" and contact.language != "de"))
        and not (contact.country = "FR" or (contact.birthday after 1980-01-01 and not contact.email is set))
        and contact.country in ("DE", "FR", "US")""",
        """(c.country = 'DE' OR {not_city_7} OR c.language = 'de')
        AND {not_french} AND (c.birthday < 3653 OR c.birthday IS NULL OR c.email IS NOT NULL)
        AND c.country IN ('DE', 'FR', 'US')""",
    ),
    Shape(
        "aggregate over purchases",
        "purchases(at on or after 2023-01-01).sum(amount) >= 500 EUR",
        f"""(SELECT COALESCE(sum(p.amount), 0) FROM purchases p WHERE p.tenant_id = c.tenant_id
        AND p.contact_id = c.contact_id AND p.at >= {_micros(2023)} AND p.at < {_micros(2100)}
        AND p.currency = 'EUR') >= 50000""",
        f"""(c.tenant_id, c.contact_id) IN (SELECT p.tenant_id, p.contact_id FROM purchases p
        WHERE p.at >= {_micros(2023)} AND p.at < {_micros(2100)} AND p.currency = 'EUR'
        GROUP BY p.tenant_id, p.contact_id HAVING sum(p.amount) >= 50000)""",
    ),
)
LARGE = Shape("9 of 10 contacts", 'contact.country != "DE"', "{not_german}")

DUE = (
    ("10 conditions and a window", SHAPES[2].rule + " and contact.created_at in the last 3 years", 3.0),
    ("a count over a window", "purchases(last 90 days).count >= 3", 3.0),
    ("nobody bought lately", "no purchases(last 90 days) and purchases.count >= 3", 3.0),
    ("a sum over a window", "purchases(last 90 days).sum(amount) >= 500 EUR", 6.0),
    ("a latest day", "purchases.max(at) more than 90 days ago", 6.0),
)
"""Rules whose answers change by time alone, and how many times the plain question may take finding who is due."""
DUE_AT = datetime(2023, 6, 1, 12, tzinfo=UTC)

_SQLITE = {"contains": "instr(c.city_folded, '7')", "differs": "c.{} IS NOT '{}'"}
_POSTGRES = {"contains": "strpos(c.city_folded, '7')", "differs": "c.{} IS DISTINCT FROM '{}'"}


def measure() -> Iterator[Figure]:
    """Measure targets 2, 4, 5 and 12 (calculation), and finding whose answer changes within a day."""
    for database, make in (("SQLite", sqlite_shop), ("PostgreSQL", postgres_shop)):
        seconds: dict[str, dict[int, float]] = {}
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                shop = stack.enter_context(make(Path(folder), size))
                yield from _figures(shop, size, seconds)
                if size == max(SIZES):
                    yield from _due(shop, size)
        for name, by_size in seconds.items():
            yield _slope(f"calculation, {name}, {database}", by_size)


def _figures(shop: Shop, size: int, seconds: dict[str, dict[int, float]]) -> Iterator[Figure]:
    for shape in (*SHAPES, LARGE):
        shop.bus.run(CreateSegment(shape.name, shape.rule), shop.tenant)
        what = f"{shape.name}, {size:,} contacts, {NAMES[shop.dialect]}"
        calculation = _Calculation(shop, shape)
        found = calculation.first(what, size)
        seconds.setdefault(shape.name, {})[size] = calculation.seconds
        if found is not None:
            yield found
        if size == max(SIZES):
            yield calculation.again(what)
            yield calculation.generated(what)


def _due(shop: Shop, size: int) -> Iterator[Figure]:
    for name, text_of_rule, at_most in DUE:
        with shop.bus.ports(shop.tenant, reading=True) as ports:
            work = ports.work
            assert isinstance(work, SqlUnitOfWork)
            audiences = work.audiences
            assert isinstance(audiences, StorageAudiences)
            rule = check_rule(text_of_rule, ports)
            assert isinstance(rule, CompiledRule)
            counted = select(func.count()).select_from(contacts).where(work.transaction.own(contacts))
            plain, plain_values = counted.where(rule.condition(audiences._binding)), rule.parameters(DUE_AT)
            due = counted.where(rule.is_due(audiences._binding))
            due_values = rule.due_parameters(DUE_AT, DUE_AT + timedelta(days=1))
            with within(work.transaction, 600.0):
                execute = work.transaction.connection.execute
                timed = interleaved(
                    {"ours": partial(execute, due, due_values), "plain": partial(execute, plain, plain_values)},
                    rounds=ROUNDS,
                )
        told = f"whose answer may change within a day, {name}, {size:,} contacts, {NAMES[shop.dialect]}"
        yield ratio_figure(
            0, f"{told}, against the plain question", ours=timed["ours"], reference=timed["plain"], at_most=at_most
        )


@define
class _Calculation:
    """One shape in one shop."""

    shop: Shop
    shape: Shape
    seconds: float = 0.0

    # -- targets 4 and 12 --

    def first(self, what: str, size: int) -> Figure | None:
        """Time a first calculation beside one bare insertion of the same rows."""
        (made,) = self.calculate()
        timed = interleaved(
            {"ours": self.calculate, "bare": self.insert}, rounds=ROUNDS, before_each=lambda: _empty(self.shop)
        )
        self.seconds = timed["ours"]
        if (made.members or 0) > MANY_MEMBERS:
            told = f"first calculation, {what}, {made.members:,} members, against a bare INSERT … SELECT"
            return ratio_figure(4, told, ours=timed["ours"], reference=timed["bare"], at_most=1.5)
        if size not in SECONDS:
            return None
        told = f"first calculation, {what}, {made.members:,} members"
        return seconds_figure(4, told, measured=timed["ours"], at_most=SECONDS[size])

    def calculate(self) -> Sequence[CalculatedSegment]:
        results = self.shop.bus.run(CalculateSegments([self.shape.name]), self.shop.tenant)
        assert not results[-1].error, results
        return results

    def insert(self) -> None:
        """Insert the same rows with nothing around it but a transaction."""
        with self.shop.storage.work(self.shop.tenant) as work:
            self._tune(work)
            rows = (
                f"INSERT INTO segment_members (tenant_id, segment_id, contact_id, entered_change, entered_at,"
                f" cause, added_by, rule_version) SELECT c.tenant_id, {self._id(work)}, c.contact_id, 1,"
                f" {to_micros(datetime.now(UTC))}, 'rule', 'kohorte', 1"
                f" FROM contacts c WHERE {self._by_hand()}"
            )
            work.transaction.connection.execute(text(rows))
            work.commit()

    # -- target 5 --

    def again(self, what: str) -> Figure:
        """Time a calculation that finds nothing changed beside reading both sets of ids."""
        _empty(self.shop)
        self.calculate()
        timed = interleaved({"ours": self.calculate, "reading": self.read}, rounds=ROUNDS)
        told = f"nothing changed, {what}, against reading the rule's ids and the members' ids"
        return ratio_figure(5, told, ours=timed["ours"], reference=timed["reading"], at_most=1.5)

    def read(self) -> None:
        """Fetch the rule's ids and the open members' ids, both in order, with the driver alone."""
        with self.shop.storage.work(self.shop.tenant, reading=True) as work:
            self._tune(work)
            cursor = work.transaction.connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
            cursor.execute(f"SELECT c.contact_id FROM contacts c WHERE {self._by_hand()} ORDER BY c.contact_id")
            cursor.fetchall()
            own = f"tenant_id = {self._literal(self.shop.tenant.id)} AND segment_id = {self._id(work)}"
            cursor.execute(
                f"SELECT contact_id FROM segment_members WHERE {own} AND left_at IS NULL ORDER BY contact_id"
            )
            cursor.fetchall()
            cursor.close()

    # -- target 2 --

    def generated(self, what: str) -> Figure:
        """Time the generated statement beside the one by hand, and see that both use the same indexes."""
        with self.shop.bus.ports(self.shop.tenant, reading=True) as ports:
            work = ports.work
            assert isinstance(work, SqlUnitOfWork)
            self._tune(work)
            rule = check_rule(self.shape.rule, ports)
            assert isinstance(rule, CompiledRule)
            audiences = work.audiences
            assert isinstance(audiences, StorageAudiences)
            conditions = work.transaction.own(contacts), rule.condition(audiences._binding)
            statement = select(func.count()).select_from(contacts).where(*conditions)
            by_hand = f"SELECT count(*) FROM contacts c WHERE {self._by_hand()}"
            now = rule.parameters(datetime.now(UTC))
            execute = work.transaction.connection.execute
            assert execute(statement, now).scalar() == execute(text(by_hand)).scalar(), by_hand
            timed = interleaved(
                {"ours": lambda: execute(statement, now).scalar(), "hand": lambda: execute(text(by_hand)).scalar()},
                rounds=2 * ROUNDS,
            )
            connection = work.transaction.connection
            same = _indexes(connection, statement, now) == _indexes(connection, text(by_hand))
        told = f"generated SQL, {what}, against SQL by hand, {'same' if same else 'OTHER'} indexes"
        found = ratio_figure(2, told, ours=timed["ours"], reference=timed["hand"], at_most=1.1)
        return found if same else Figure(2, told, found.target_text, found.measured, met=False)

    # -- SQL by hand --

    def _by_hand(self) -> str:
        words = _SQLITE if self.shop.dialect == "sqlite" else _POSTGRES
        differs = words["differs"].format
        of_postgresql = self.shape.by_hand_on_postgresql if self.shop.dialect == "postgresql" else ""
        condition = (of_postgresql or self.shape.by_hand).format(
            contains=words["contains"],
            not_italian=differs("language", "it"),
            not_city=differs("city_folded", "city 77"),
            not_city_7=differs("city_folded", "city 7"),
            not_french=differs("country", "FR"),
            not_german=differs("country", "DE"),
        )
        return f"c.tenant_id = {self._literal(self.shop.tenant.id)} AND {condition}"

    def _literal(self, identifier: Any) -> str:
        return f"x'{identifier.hex}'" if self.shop.dialect == "sqlite" else f"CAST('{identifier}' AS uuid)"

    def _id(self, work: SqlUnitOfWork) -> str:
        return self._literal(work.segments.by_name(self.shape.name).id)

    def _tune(self, work: SqlUnitOfWork) -> None:
        """Give the other side the planner's settings that a calculation has: they are no merit of its SQL."""
        with within(work.transaction, 600.0):
            work.transaction.connection.execute(text("SELECT 1"))


def _empty(shop: Shop) -> None:
    shop.execute("DELETE FROM segment_members" if shop.dialect == "sqlite" else "TRUNCATE segment_members")


def _indexes(connection: Connection, statement: Executable, parameters: dict[str, object] | None = None) -> list[str]:
    """Return the indexes that a statement's plan uses."""
    plan = connection.execute(_Explained(statement), parameters or {})
    told = " ".join(str(part) for row in plan for part in row)
    return sorted(re.findall(r"(?:INDEX|using|on) ((?:sqlite_auto|ix|pk|uq)\w+)", told))


class _Explained(Executable, ClauseElement):
    """The plan of a statement."""

    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    explain = "EXPLAIN QUERY PLAN" if compiler.dialect.name == "sqlite" else "EXPLAIN"
    return f"{explain} {compiler.process(element.statement, **options)}"


def _slope(what: str, seconds: dict[int, float]) -> Figure:
    """Fit a line through the logarithms of size and time."""
    points = [(math.log(size), math.log(time)) for size, time in seconds.items()]
    middle_x, middle_y = (sum(each) / len(points) for each in zip(*points, strict=True))
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / sum((x - middle_x) ** 2 for x, _ in points)
    return Figure(12, what, "slope ≤ 1.1", f"slope {slope:.2f}", met=slope <= 1.1)
