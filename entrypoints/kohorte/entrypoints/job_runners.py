"""What carries jobs out: an export into a file, an import from one, and a calculation."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Final

from kohorte.adapters.files.exports import pieces
from kohorte.adapters.files.rejects import reject_file
from kohorte.adapters.files.sources import file_rows
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import FETCHED_WITHIN, StoredFile
from kohorte.core.files.queries import read_file
from kohorte.core.imports.commands import Imported, ImportFile
from kohorte.core.jobs.commands import StartCalculation, StartExport, StartImport
from kohorte.core.jobs.holding import HeldJob
from kohorte.core.jobs.model import JobResult
from kohorte.core.segments.commands import CalculateSegments
from kohorte.entrypoints.exporting import write_members
from kohorte.entrypoints.languages import language

EVERY: Final = 1_000
"""After so many members an export says how far it is."""


def export(held: HeldJob, asked: StartExport) -> JobResult:
    """Write members to a file, which is kept when it is whole."""
    with TemporaryFile() as file:
        with held.bus.ports(held.tenant, reading=True) as ports:
            total = sum(ports.work.audiences.member_count(each, at=asked.at) for each in asked.segments)
            written = write_members(ports, asked, file, lambda done: _say(min(done, total), total, held))
        counts = {"segments": len(asked.segments)} if asked.is_archive else {}
        return JobResult({**counts, "members": total}, _keep(written.name, file, held).id)


def import_records(held: HeldJob, asked: StartImport) -> JobResult:
    """Import a file; the rows that were rejected become a file of their own."""
    with TemporaryDirectory(prefix="kohorte-import-") as folder:
        path = _fetched(asked, Path(folder), held)
        rejects = Path(folder, f"{path.name}.rejects.csv")
        with reject_file(rejects, language(held.tenant.language), source=path) as sink:
            command = ImportFile(
                asked.kind,
                file_rows(path, format=asked.format, encoding=asked.encoding, delimiter=asked.delimiter),
                sink,
                mapping=asked.mapping,
                decimals=asked.decimals,
                dry_run=asked.dry_run,
                progress=lambda told: held.progress(told.bytes_read, told.total_bytes),
            )
            imported = held.bus.run(command, held.tenant, by=held.run.created_by)
        if not imported.run.rejected:
            return JobResult(_counts(imported))
        with rejects.open("rb") as file:
            return JobResult(_counts(imported), _keep(rejects.name, file, held).id)


def calculate(held: HeldJob, asked: StartCalculation) -> JobResult:
    """Calculate segments; one that fails says so itself, and stops no other."""
    command = CalculateSegments(asked.segments, asked.at, held.progress)
    results = held.bus.run(command, held.tenant, by=held.run.created_by)
    return JobResult(
        {
            "segments": len(results),
            "failed": sum(each.error is not None for each in results),
            "entered": sum(each.entered or 0 for each in results),
            "left": sum(each.left or 0 for each in results),
        }
    )


def carry_out(held: HeldJob) -> JobResult:
    """Carry out a job of any kind."""
    match held.asked:
        case StartExport() as asked:
            return export(held, asked)
        case StartImport() as asked:
            return import_records(held, asked)
        case StartCalculation() as asked:
            return calculate(held, asked)


def _say(done: int, total: int, held: HeldJob) -> None:
    """Say from time to time how many members were written."""
    if done % EVERY == 0:
        held.progress(done, total)


def _keep(name: str, file: IO[bytes], held: HeldJob) -> StoredFile:
    return held.bus.run(KeepFile(name, pieces(file), FETCHED_WITHIN), held.tenant)


def _fetched(asked: StartImport, folder: Path, held: HeldJob) -> Path:
    """Copy the file of an import to this machine: it is read more than once."""
    with held.bus.ports(held.tenant, reading=True) as ports:
        stored = ports.work.files.by_id(asked.file)
    path = folder / stored.name
    with path.open("wb") as copy:
        for chunk in read_file(held.bus, held.tenant, stored):
            copy.write(chunk)
    return path


def _counts(imported: Imported) -> Mapping[str, int]:
    run = imported.run
    return {
        "rows": run.rows,
        "created": run.created,
        "updated": run.updated,
        "waiting": run.waiting,
        "rejected": run.rejected,
    }
