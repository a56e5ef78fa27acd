"""A shop of any size, the same at every run and on both databases: made by the databases themselves, in seconds."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from attrs import frozen
from sqlalchemy import make_url

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.secrets import SystemSecrets
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.registry import registry
from kohorte.core.tenants.model import Tenant
from kohorte.dsl.language import RuleLanguage
from tests.postgres import APP, start_server, stop_server

PURCHASES_PER_CONTACT = 3.5
Execute = Callable[[str], object]


@frozen
class Shop:
    """A migrated database with contacts and purchases, opened as the application opens it."""

    storage: SqlStorage
    bus: Bus
    tenant: Tenant
    execute: Execute
    """Run SQL that the application may not: as the owner, outside any transaction."""

    @property
    def dialect(self) -> str:
        return self.storage.engine.dialect.name


@contextmanager
def sqlite_shop(directory: Path, contacts: int) -> Iterator[Shop]:
    """Make a shop in a file."""
    path = directory / f"shop-{contacts}.db"
    url = f"sqlite:///{path}"
    migrate(url, clock=SystemClock(), ids=TimedIds())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA cache_size = -262144")
    connection.create_function("bytes_of", 1, bytes.fromhex, deterministic=True)  # unhex came with SQLite 3.41
    with _opened(url, connection.execute, contacts) as shop:
        yield shop
    connection.close()


@contextmanager
def postgres_shop(directory: Path, contacts: int) -> Iterator[Shop]:
    """Make a shop on a server of its own, durable like one in use."""
    server = start_server(directory / "server", durable=True)
    database = server.create_database()
    migrate(database.owner_url, clock=SystemClock(), ids=TimedIds(), application_role=APP)
    superuser = make_url(database.superuser_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(superuser, autocommit=True)
    try:
        with _opened(database.app_url, lambda sql: connection.execute(sql.encode()), contacts) as shop:
            yield shop
    finally:
        connection.close()
        stop_server(directory / "server")


@contextmanager
def _opened(url: str, execute: Execute, contacts: int) -> Iterator[Shop]:
    clock, ids = SystemClock(), TimedIds()
    storage = open_storage(url, clock=clock, ids=ids)
    with storage.tenants() as tenants:
        tenant = tenants.named("default")
    shop = Shop(storage, Bus(registry(), clock, ids, RuleLanguage(), storage, SystemSecrets()), tenant, execute)
    _fill(shop, contacts)
    try:
        yield shop
    finally:
        storage.close()


# -- what is in it -----------------------------------------------------------------------------------------------

_START = 1_577_836_800_000_000  # 2020-01-01 in microseconds
_DAY = 86_400_000_000


def _fill(shop: Shop, contacts: int) -> None:
    is_sqlite = shop.dialect == "sqlite"
    tenant = f"x'{shop.tenant.id.hex}'" if is_sqlite else f"'{shop.tenant.id}'::uuid"
    identity = _sqlite_id if is_sqlite else _postgres_id
    shop.execute(_contacts(contacts, tenant, identity))
    shop.execute(_customers(contacts // 20 + 1, tenant, identity))
    shop.execute(_purchases(contacts, tenant, identity))
    if is_sqlite:
        shop.execute("ANALYZE")
    else:
        for table in ("contacts", "customers", "purchases"):
            shop.execute(f"VACUUM ANALYZE {table}")


def _lot(number: str) -> tuple[str, str]:
    """Return two numbers of 16 bits that look random: the end of an id, by which contacts are drawn."""
    prime = 2**31 - 1
    hashes = (f"({number} * {factor} + 12345) % {prime}" for factor in (1_103_515_245, 1_664_525))
    first, second = (f"(({each}) * ({each}) % {prime} / 64 % 65536)" for each in hashes)
    return first, second


def _sqlite_id(number: str) -> str:
    first, second = _lot(number)
    return f"bytes_of(hex(printf('%012d', {number})) || printf('%04X%04X', {first}, {second}))"


def _postgres_id(number: str) -> str:
    digits = f"encode(convert_to(lpad(CAST({number} AS text), 12, '0'), 'UTF8'), 'hex')"
    first, second = (f"lpad(to_hex(CAST({each} AS integer)), 4, '0')" for each in _lot(number))
    return f"CAST({digits} || {first} || {second} AS uuid)"


def _dice(number: str, *, sides: int, seed: int) -> str:
    """Throw a die for a number: always the same, and independent of those with other seeds for all that matters."""
    return f"((({number} + {seed}) * {2_654_435_761 + 2 * seed} % 4294967296) / 1024 % {sides})"


def _numbers(count: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"


def _contacts(count: int, tenant: str, identity: Callable[[str], str]) -> str:
    def die(sides: int, seed: int) -> str:
        return _dice("i", sides=sides, seed=seed)

    def one_of(codes: str, seed: int) -> str:
        return f"substr('{codes}', CAST(1 + 2 * {die(len(codes) // 2, seed)} AS INTEGER), 2)"

    birthday = f"({die(20_000, 7)} - 5000)"
    columns = {
        "tenant_id": tenant,
        "contact_id": identity("i"),
        "key": "'C' || i",
        "customer_id": f"CASE WHEN {die(5, 1)} < 2 THEN {identity(die(count // 20 + 1, 2))} END",
        "created_at": f"{_START} + {die(1_500, 3)} * {_DAY} + i % 1000000",
        "email": f"CASE WHEN {die(10, 4)} > 0 THEN 'User' || i || '@example' || {die(40, 5)} || '.com' END",
        "email_folded": f"CASE WHEN {die(10, 4)} > 0 THEN 'user' || i || '@example' || {die(40, 5)} || '.com' END",
        "email_domain": f"CASE WHEN {die(10, 4)} > 0 THEN 'example' || {die(40, 5)} || '.com' END",
        "last_name": f"'Name' || {die(5_000, 6)}",
        "last_name_folded": f"'name' || {die(5_000, 6)}",
        "name": f"'Name' || {die(5_000, 6)}",
        "name_folded": f"'name' || {die(5_000, 6)}",
        "birthday": f"CASE WHEN {die(3, 8)} > 0 THEN {birthday} END",
        "birthday_month_day": f"CASE WHEN {die(3, 8)} > 0 THEN 101 + {birthday} % 12 * 100 + {birthday} % 28 END",
        "city": f"CASE WHEN {die(8, 9)} > 0 THEN 'City ' || {die(1_000, 10)} END",
        "city_folded": f"CASE WHEN {die(8, 9)} > 0 THEN 'city ' || {die(1_000, 10)} END",
        "country": f"CASE WHEN {die(20, 11)} > 0 THEN {one_of('DEATCHFRGBUSITESSENL', 12)} END",
        "language": f"CASE WHEN {die(4, 13)} > 0 THEN {one_of('deenfrit', 14)} END",
        "custom": "'{}'",
        "version": "1",
    }
    return _insert("contacts", columns, _numbers(count), "n")


def _customers(count: int, tenant: str, identity: Callable[[str], str]) -> str:
    category = (
        f"CASE {_dice('i', sides=4, seed=20)} WHEN 0 THEN 'wholesale' WHEN 1 THEN 'retail' WHEN 2 THEN 'press' END"
    )
    columns = {
        "tenant_id": tenant,
        "customer_id": identity("i"),
        "key": "'K' || i",
        "name": "'Company ' || i",
        "name_folded": "'company ' || i",
        "category": category,
        "category_folded": category,
        "custom": "'{}'",
        "version": "1",
    }
    return _insert("customers", columns, _numbers(count), "n")


def _purchases(contacts: int, tenant: str, identity: Callable[[str], str]) -> str:
    """Give each contact from none to seven purchases."""
    place = "(i * 7 + j)"
    columns = {
        "tenant_id": tenant,
        "contact_id": identity("i"),
        "purchase_id": identity(place),
        "key": f"'P' || {place}",
        "at": f"{_START} + {_dice(place, sides=1_500, seed=31)} * {_DAY} + {place} % 1000000",
        "amount": f"{_dice(place, sides=50_000, seed=32)} - 2000",
        "currency": f"CASE {_dice(place, sides=10, seed=33)} WHEN 0 THEN 'GBP' ELSE 'EUR' END",
        "status": f"CASE {_dice(place, sides=7, seed=34)} WHEN 0 THEN 'cancelled' ELSE 'paid' END",
        "custom": "'{}'",
        "version": "1",
    }
    seven = "(SELECT 0 AS j" + "".join(f" UNION ALL SELECT {j}" for j in range(1, 7)) + ") AS seven"
    source = f"n CROSS JOIN {seven} WHERE j < {_dice('i', sides=8, seed=30)}"
    return _insert("purchases", columns, _numbers(contacts), f"{source} ORDER BY i, j")


def _insert(table: str, columns: dict[str, str], numbers: str, source: str) -> str:
    names = ", ".join(f'"{name}"' for name in columns)

    values = ", ".join(columns.values())
    return f"{numbers} INSERT INTO {table} ({names}) SELECT {values} FROM {source}"
