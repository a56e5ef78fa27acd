"""Import a file: rows are read, parsed and written batch by batch; bad rows go to the reject file and no further.

Each batch is a transaction of its own, with its event and the state of the run. An import that died can be run again:
what was written already is found unchanged, and the rest is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from attrs import define, field, frozen

from kohorte.core.bus import Ports
from kohorte.core.columns import Reading, columns
from kohorte.core.errors import KohorteError, StorageUnavailable
from kohorte.core.imports.batches import BatchWriter
from kohorte.core.imports.layout import Layout
from kohorte.core.imports.model import ImportRun, ImportStatus
from kohorte.core.imports.numbers import DecimalStyle
from kohorte.core.imports.reading import ParsedBatch, in_batches, parsed_ahead
from kohorte.core.messages import Command, Event
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rows import Progress, RejectSink, Row, RowSource

BATCH_ROWS: Final = 50_000
"""Rows in a transaction, unless a command says otherwise: SQLite wants as many."""
STOPPED: Final = "It was stopped."


def _tell_nobody(progress: Progress) -> None:
    """Take a progress report and drop it."""


@frozen
class Imported:
    """What became of a file: the run with its counts, whom it brought to life, and how it was read.

    ``joined`` counts records that had waited for these, by kind. ``columns`` says which column was read as which field,
    ``ignored`` are those that say nothing known.
    ``reading`` names format, encoding, delimiter and decimals, given or detected. A dry run stored nothing; a key that
    comes again in a later batch counts there as new once more.
    """

    run: ImportRun
    joined: Mapping[RecordKind, int]
    columns: Mapping[str, str]
    ignored: Sequence[str]
    reading: Mapping[str, str]
    dry_run: bool


@frozen
class ImportFile(Command[Imported]):
    """Read a file of records of one kind, and write them by their keys.

    ``mapping`` goes from the file's columns to fields, ``-`` leaves a column out. ``decimals`` None: detect how numbers
    are written. ``dry_run`` does everything but keep it. ``progress`` is told after every batch.
    """

    kind: RecordKind
    source: RowSource
    rejects: RejectSink
    mapping: Mapping[str, str] = field(factory=dict[str, str])
    decimals: DecimalStyle | None = None
    dry_run: bool = False
    batch_rows: int = BATCH_ROWS
    progress: Callable[[Progress], None] = _tell_nobody


def import_file(command: ImportFile, ports: Ports) -> Imported:
    """Import a file.

    Raise ``InvalidInput`` where the file, its header or the mapping cannot be used, or where its numbers can be read in
    two ways: then nothing was written. Where the file breaks off later, what was read before stays written.
    """
    known = columns(command.kind, ports.work.custom_fields.all(), Reading.of(ports.tenant))
    ports.work.commit()  # nobody waits while the file is read
    with command.source.open() as rows:
        batches = in_batches(rows, command.batch_rows)
        first = next(batches, list[Row]())
        currency = ports.tenant.currency
        layout = Layout.of(command.kind, known, command.mapping, currency, rows.columns, first, command.decimals)
        command.rejects.begin(rows.columns)
        now = ports.clock.now()
        run = ImportRun(ports.ids.new(), command.kind, command.source.name, now, now)
        with parsed_ahead(first, batches, layout, rows) as parsed:
            del first  # nobody else holds a batch, so that it is gone when it is written
            joined = _Import(command, ports, rows.total_bytes, run).write(parsed)
        reading = {**rows.reading, "decimals": layout.style.value}
        return Imported(run, joined, layout.meanings, layout.ignored, reading, command.dry_run)


@define
class _Import:
    """One import under way."""

    _command: ImportFile
    _ports: Ports
    _total_bytes: int | None
    _run: ImportRun

    def write(self, batches: Iterable[ParsedBatch]) -> Mapping[RecordKind, int]:
        """Write all batches; return how many records that had waited joined."""
        joined: Counter[RecordKind] = Counter()
        try:
            self._begin()
            for batch in batches:
                joined.update(self._batch(batch))
            self._end(ImportStatus.FINISHED)
        except KohorteError as failure:
            self._give_up(failure)
            raise
        except KeyboardInterrupt:
            self._stop()
            raise
        return dict(joined)

    def _batch(self, batch: ParsedBatch) -> Mapping[RecordKind, int]:
        writer = BatchWriter(self._command.kind, self._ports.work.records)
        writer.write(batch.parts)
        rejects = sorted([*batch.rejects, *writer.rejects], key=lambda reject: reject.row.line)
        for reject in rejects:
            self._command.rejects.add(reject)
        run = self._run
        run.rows += batch.rows
        run.rejected += len(rejects)
        run.created += writer.created
        run.updated += writer.updated
        run.waiting += writer.waiting
        self._keep(writer.event(run.id))
        self._command.progress(Progress(run.rows, run.rejected, batch.bytes_read, self._total_bytes))
        return writer.joined

    def _begin(self) -> None:
        if not self._command.dry_run:
            self._ports.work.records.begin_bulk(self._command.kind)
        self._keep()

    def _end(self, status: ImportStatus, error: str = "") -> None:
        self._run.status, self._run.error = status, error
        self._run.finished_at = self._ports.clock.now()
        if not self._command.dry_run:
            self._ports.work.records.finish_bulk(self._command.kind)
        self._keep()

    def _give_up(self, failure: KohorteError) -> None:
        """Note why the import failed, unless the storage itself is what failed."""
        with suppress(StorageUnavailable):
            self._ports.work.rollback()
            self._end(ImportStatus.FAILED, failure.text())

    def _stop(self) -> None:
        """Note at once that somebody stopped it; the next run finishes what takes longer."""
        with suppress(StorageUnavailable):
            self._ports.work.rollback()
            self._run.status, self._run.error = ImportStatus.FAILED, STOPPED
            self._run.finished_at = self._ports.clock.now()
            self._keep()

    def _keep(self, *events: Event) -> None:
        """Commit what was written, with the state of the run; a dry run takes it back."""
        self._run.updated_at = self._ports.clock.now()
        if self._command.dry_run:
            self._ports.work.rollback()
            return
        for event in events:
            self._ports.work.record(event)
        self._ports.work.imports.save(self._run)
        self._ports.work.commit()
