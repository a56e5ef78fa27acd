"""Importing: what is right is stored, what is wrong is told, and neither touches the other."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.fields import Kind
from kohorte.core.imports.commands import Imported, ImportFile
from kohorte.core.imports.events import BatchWritten
from kohorte.core.imports.model import SILENCE, ImportStatus
from kohorte.core.imports.numbers import DecimalStyle
from kohorte.core.imports.queries import import_state
from kohorte.core.ports.records import RecordKind, WaitingRows
from kohorte.core.ports.rows import Cell, Number, Progress
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import FixedClock
from kohorte.core.testing.rows import GivenRows, KeptRejects
from kohorte.core.values import Money

CUSTOMERS, CONTACTS, PURCHASES, ITEMS, ACTIVITIES = RecordKind


def importing(
    kind: RecordKind, columns: str | None, *rows: Sequence[Cell] | Mapping[str, Cell], **options: Any
) -> tuple[ImportFile, KeptRejects]:
    rejects = KeptRejects()
    names = None if columns is None else tuple(columns.split(","))
    return ImportFile(kind, GivenRows(names, rows), rejects, **options), rejects


class Shop:
    """A tenant into which files are imported."""

    def __init__(self, bus: Bus, tenant: Tenant) -> None:
        self.bus, self.tenant = bus, tenant

    def take(self, kind: RecordKind, columns: str | None, *rows: Any, **options: Any) -> tuple[Imported, KeptRejects]:
        command, rejects = importing(kind, columns, *rows, **options)
        return self.bus.run(command, self.tenant), rejects

    def contact(self, key: str) -> Any:
        with self.bus.ports(self.tenant, reading=True) as ports:
            return ports.work.contacts.by_key(key)

    def purchase(self, key: str) -> Any:
        with self.bus.ports(self.tenant, reading=True) as ports:
            return ports.work.purchases.by_key(key)


@pytest.fixture
def shop(bus: Bus, tenant: Tenant) -> Shop:
    return Shop(bus, tenant)


def test_rows_become_records(shop: Shop) -> None:
    imported, rejects = shop.take(CONTACTS, "key,email,birthday", ["1", "ann@example.com", "1980-02-29"], ["2", "", ""])
    run = imported.run
    assert (run.rows, run.created, run.updated, run.waiting, run.rejected) == (2, 2, 0, 0, 0)
    assert (run.kind, run.source, run.status) == (CONTACTS, "given", ImportStatus.FINISHED)
    assert (rejects.columns, rejects.rejects) == (("key", "email", "birthday"), [])
    assert (shop.contact("1").email, shop.contact("2").email) == ("ann@example.com", None)


def test_a_bad_row_never_stops_or_spoils_the_rest(shop: Shop) -> None:
    imported, rejects = shop.take(
        *(CONTACTS, "key,email,birthday", ["1", "ann@", "1980-13-01"], ["2", "b@example.com", ""]),
        *(InvalidInput("unreadable"), ["", "c@example.com", ""], ["5", "", "2000-01-01"]),
    )
    assert (imported.run.rows, imported.run.created, imported.run.rejected) == (5, 2, 3)
    assert rejects.faults == [
        *((2, "email", "ann@"), (2, "birthday", "1980-13-01"), (4, "", "unreadable"), (5, "key", "")),
    ]
    assert all(
        error.advice() for each in rejects.rejects for _, _, error in each.problems if error.text() != "unreadable"
    )
    assert (shop.contact("2").email, shop.contact("5").birthday.year) == ("b@example.com", 2000)


def test_a_column_that_is_empty_clears_and_an_absent_one_leaves(shop: Shop) -> None:
    shop.take(CONTACTS, "key,first_name,city", ["1", "Ann", "Köln"])
    imported, _ = shop.take(CONTACTS, "key,city", ["1", ""])
    assert (imported.run.created, imported.run.updated) == (0, 1)
    assert (shop.contact("1").first_name, shop.contact("1").city) == ("Ann", None)


def test_rows_of_json_lines_each_name_their_own_columns(shop: Shop) -> None:
    rows = [{"key": "1", "city": "Köln"}, {"email": "a@example.com"}, {"key": "2"}, {"city": "", "key": "1"}]
    imported, rejects = shop.take(CONTACTS, None, *rows)
    assert (imported.run.rows, imported.run.created, rejects.lines) == (4, 2, [2])
    assert (shop.contact("1").city, shop.contact("2").city) == (None, None)


def test_json_lines_of_which_none_can_be_read_stop_the_import(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="key is missing"):
        shop.take(CONTACTS, None, {"id": "1"}, {"id": "2"})
    with pytest.raises(InvalidInput, match='no column "Ort"'):
        shop.take(CONTACTS, None, {"key": "1"}, mapping={"Ort": "city"})
    imported, _ = shop.take(CONTACTS, None, {"key": "1"}, {"key": "2", "Ort": "Ulm"}, mapping={"Ort": "city"})
    assert (imported.run.created, shop.contact("2").city) == (2, "Ulm")


def test_a_key_that_comes_again_is_written_as_if_in_turn(shop: Shop) -> None:
    columns = "key,first_name,city"
    imported, _ = shop.take(CONTACTS, columns, ["1", "Ann", "Köln"], ["2", "", ""], ["1", "", "Ulm"])
    assert (imported.run.rows, imported.run.created) == (3, 2)
    assert (shop.contact("1").first_name, shop.contact("1").city) == (None, "Ulm")
    rows = [{"key": "3", "city": "Köln"}, {"key": "3", "first_name": "Cid"}, {"key": "3", "city": "Bonn", "phone": "1"}]
    shop.take(CONTACTS, None, *rows)
    assert (shop.contact("3").first_name, shop.contact("3").city, shop.contact("3").phone) == ("Cid", "Bonn", "1")


def test_a_refused_row_takes_no_good_one_of_its_key_with_it(shop: Shop) -> None:
    shop.take(CONTACTS, "key", ["1"])
    shop.take(PURCHASES, "key,contact,at,currency", ["1", "1", "2024-05-01T00:00:00Z", "EUR"])
    columns = "key,purchase,quantity,amount"
    imported, rejects = shop.take(
        *(ITEMS, columns, ["1", "1", "1", "1.50"], ["1", "1", "2", "1.555"], ["2", "1", "3", "9.999"]),
        *(["3", "1", "4", "9.999"], ["3", "1", "5", "2.50"]),
    )
    items = {item.key: (item.quantity, item.amount) for item in shop.purchase("1").items}
    assert items == {"1": (1, Money(Decimal("1.50"), "EUR")), "3": (5, Money(Decimal("2.50"), "EUR"))}
    assert rejects.faults == [(3, "amount", "1.555"), (4, "amount", "9.999")]
    assert imported.run.rejected == 2


def test_amounts_are_in_their_rows_currency_else_in_the_tenants(shop: Shop) -> None:
    shop.take(CONTACTS, "key", ["1"])
    at = "2024-05-01T00:00:00Z"
    _, rejects = shop.take(
        *(PURCHASES, "key,contact,at,amount,currency", ["1", "1", at, "9.50", "gbp"], ["2", "1", at, "9.50", ""]),
        *(["3", "1", at, "9.50", "JPY"], ["4", "1", at, "", "JPY"], ["5", "1", at, "1", "???"]),
    )
    shop.take(PURCHASES, "key,contact,at,amount", ["6", "1", at, "7"])
    amounts = [shop.purchase(key).amount for key in "1246"]
    assert amounts == [Money(Decimal("9.50"), "GBP"), Money(Decimal("9.50"), "EUR"), None, Money(Decimal(7), "EUR")]
    assert rejects.faults == [(4, "amount", "9.50"), (6, "currency", "???")]


def test_local_times_are_the_tenants(shop: Shop) -> None:
    shop.take(CONTACTS, "key,created_at", ["1", "2024-07-01 12:00:00"], ["2", "2024-07-01T12:00:00Z"])
    assert [shop.contact(key).created_at.hour for key in "12"] == [10, 12]


@pytest.mark.parametrize(("cell", "style"), [("1.234,50", None), ("1,234.50", None), ("1.234", DecimalStyle.COMMA)])
def test_other_ways_to_write_numbers_are_found_or_given(shop: Shop, cell: str, style: DecimalStyle | None) -> None:
    shop.take(CONTACTS, "key", ["1"])
    imported, rejects = shop.take(
        PURCHASES, "key,contact,at,amount", ["1", "1", "2024-05-01T00:00:00Z", cell], decimals=style
    )
    assert (int(shop.purchase("1").amount.amount), rejects.rejects) == (1234, [])
    assert imported.reading["decimals"] in ("1.234,50", "1,234.50")


def test_numbers_with_two_meanings_stop_the_import_before_it_begins(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="two ways"):
        shop.take(PURCHASES, "key,contact,at,amount", ["1", "1", "2024-05-01T00:00:00Z", "1,234"])
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert list(ports.work.imports.latest()) == []


def test_a_plain_number_that_may_be_a_german_thousand_is_told_so(shop: Shop) -> None:
    _, rejects = shop.take(PURCHASES, "key,contact,at,amount", ["1", "1", "2024-05-01T00:00:00Z", "1.234"])
    ((_, _, error),) = rejects.rejects[0].problems
    assert "1.234,50" in error.advice()


def test_numbers_that_json_marks_as_such_are_plain(shop: Shop) -> None:
    shop.take(CONTACTS, "key", ["1"])
    row = {"key": "1", "contact": "1", "at": "2024-05-01T00:00:00Z", "status": "1,5"}
    shop.take(PURCHASES, None, {**row, "amount": Number("12.50")}, {**row, "key": "2", "amount": "1,50"})
    assert [shop.purchase(key).amount.amount for key in "12"] == [Decimal("12.50"), Decimal("1.50")]


def test_custom_fields_are_read_by_their_name(shop: Shop) -> None:
    shop.bus.run(AddField("contact", "score", Kind.INTEGER), shop.tenant)
    shop.bus.run(AddField("contact", "labels", Kind.TAGS), shop.tenant)
    shop.take(CONTACTS, "key,score,labels", ["1", "7", "b, a"], ["2", "x", ""], ["3", "", ""])
    shop.take(CONTACTS, None, {"key": "4", "labels": ("x, y", "z")})
    assert shop.contact("1").custom == {"score": 7, "labels": ("a", "b")}
    assert shop.contact("3").custom == {}
    assert shop.contact("4").custom == {"labels": ("x, y", "z")}
    with pytest.raises(NotFound):
        shop.contact("2")


def test_several_texts_fit_tags_alone(shop: Shop) -> None:
    _, rejects = shop.take(CONTACTS, None, {"key": "1", "city": ("a", "b")}, {"key": "2", "city": "c"})
    assert rejects.faults == [(1, "city", "a, b")]


def test_marks_of_bytes_that_are_no_text_are_explained(shop: Shop) -> None:
    _, rejects = shop.take(CONTACTS, "key,city", ["1", "Caf\udce9"])
    ((_, _, error),) = rejects.rejects[0].problems
    assert "encoding" in error.text()


def test_the_files_own_names_of_columns_are_told(shop: Shop) -> None:
    _, rejects = shop.take(CONTACTS, "Nr,Mail", ["1", "x@"], mapping={"Nr": "key", "Mail": "email"})
    assert rejects.faults == [(2, "Mail", "x@")]


def test_a_header_that_cannot_be_used_stops_the_import_before_it_begins(shop: Shop) -> None:
    for columns in ("id,email", "key,emial", "key,email,email"):
        with pytest.raises(InvalidInput):
            shop.take(CONTACTS, columns, ["1", "a@example.com", ""][: columns.count(",") + 1])


def test_rows_without_their_parent_wait_and_join(shop: Shop) -> None:
    imported, _ = shop.take(PURCHASES, "key,contact,at", ["1", "C", "2024-05-01T00:00:00Z"])
    assert (imported.run.waiting, imported.run.created) == (1, 0)
    imported, _ = shop.take(CONTACTS, "key", ["C"])
    assert imported.joined == {PURCHASES: 1}


def test_batches_have_an_event_each_and_tell_how_far_it_is(shop: Shop, storage: MemoryStorage) -> None:
    told: list[Progress] = []
    rows = [[str(number)] for number in range(5)]
    imported, _ = shop.take(CONTACTS, "key", *rows, batch_rows=2, progress=told.append)
    events = [event for event in storage.outbox(shop.tenant) if isinstance(event, BatchWritten)]
    assert [(event.about, event.kind, event.created) for event in events] == [
        (imported.run.id, CONTACTS, count) for count in (2, 2, 1)
    ]
    assert [(each.rows, each.rejected, each.total_bytes) for each in told] == [(2, 0, 5), (4, 0, 5), (5, 0, 5)]


def test_a_dry_run_tells_everything_and_keeps_nothing(shop: Shop, storage: MemoryStorage) -> None:
    shop.take(CONTACTS, "key", ["1"])
    before = len(storage.outbox(shop.tenant))
    rows = [["1", ""], ["2", "x@"], ["3", ""], ["4", ""]]
    imported, rejects = shop.take(CONTACTS, "key,email", *rows, dry_run=True, batch_rows=2)
    run = imported.run
    assert (run.rows, run.created, run.updated, run.rejected, imported.dry_run) == (4, 2, 1, 1, True)
    assert rejects.lines == [3]
    assert len(storage.outbox(shop.tenant)) == before
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert ports.work.records.count(CONTACTS) == 1
        assert len(ports.work.imports.latest()) == 1


def test_a_file_that_breaks_off_keeps_what_was_read_and_is_told_as_failed(shop: Shop) -> None:
    command = ImportFile(
        CONTACTS,
        GivenRows(("key",), [["1"], ["2"], ["3"]], breaks_with=InvalidInput("broken")),
        KeptRejects(),
        batch_rows=2,
    )
    with pytest.raises(InvalidInput, match="broken"):
        shop.bus.run(command, shop.tenant)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        (run,) = ports.work.imports.latest()
        assert (run.status, run.error, run.rows) == (ImportStatus.FAILED, "broken", 2)
        assert ports.work.records.count(CONTACTS) == 2


def test_an_import_that_died_is_shown_as_interrupted(shop: Shop, clock: FixedClock) -> None:
    class Killed(BaseException):
        pass

    def kill(progress: Progress) -> None:
        raise Killed

    with pytest.raises(Killed):
        shop.take(CONTACTS, "key", ["1"], progress=kill)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert import_state(ports).interrupted == []
    clock.advance(SILENCE * 2)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        state = import_state(ports)
    assert [run.status for run in state.interrupted] == [ImportStatus.RUNNING]
    assert list(state.runs) == list(state.interrupted)


def stop(progress: Progress) -> None:
    raise KeyboardInterrupt


def test_an_import_that_somebody_stopped_says_so_at_once(shop: Shop) -> None:
    with pytest.raises(KeyboardInterrupt):
        shop.take(CONTACTS, "key", ["1"], progress=stop)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        state = import_state(ports)
        assert ports.work.records.count(CONTACTS) == 1
    assert [(run.status, run.error) for run in state.unfinished] == [(ImportStatus.FAILED, "It was stopped.")]


def test_a_file_need_not_be_imported_again_once_it_was(shop: Shop) -> None:
    with pytest.raises(KeyboardInterrupt):
        shop.take(CONTACTS, "key", ["1"], progress=stop)
    shop.take(PURCHASES, "key,contact,at")  # another kind under the same name
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert len(import_state(ports).unfinished) == 1
    shop.take(CONTACTS, "key", ["1"])
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert import_state(ports).unfinished == []


def test_an_import_tells_which_column_it_read_as_which_field(shop: Shop) -> None:
    imported, _ = shop.take(CONTACTS, "No,E-Mail,Shoe", ["1", "", "41"], mapping={"No": "key"})
    assert (imported.columns, imported.ignored) == ({"No": "key", "E-Mail": "email"}, ["Shoe"])


def test_the_state_of_imports_tells_what_waits(shop: Shop) -> None:
    at = "2024-05-01T00:00:00Z"
    shop.take(PURCHASES, "key,contact,at", ["1", "C", at], ["2", "C", at])
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        state = import_state(ports)
    assert state.waiting == [WaitingRows(PURCHASES, CONTACTS, "C", 2)]
    assert state.waiting_count == {PURCHASES: 2}


def test_a_file_without_rows_is_imported_all_the_same(shop: Shop) -> None:
    imported, _ = shop.take(CONTACTS, "key,email")
    assert (imported.run.rows, imported.run.status) == (0, ImportStatus.FINISHED)
