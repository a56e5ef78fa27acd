"""The worker carries out exports, imports and calculations, beside keeping members true."""

from datetime import timedelta
from io import BytesIO
from threading import Event, Thread
from zipfile import ZipFile

import pytest
from attrs import evolve

from kohorte.core.contacts.commands import SaveContact
from kohorte.core.errors import NotFound
from kohorte.core.exports.commands import CreateExportTemplate
from kohorte.core.exports.formats import ExportFormat
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import FETCHED_WITHIN, READ_WITHIN
from kohorte.core.files.queries import read_file
from kohorte.core.jobs.commands import CancelJob, StartCalculation, StartExport, StartImport
from kohorte.core.jobs.holding import HeldJob
from kohorte.core.jobs.model import JobResult, JobRun, JobStatus
from kohorte.core.jobs.queries import ShownJob, show_job
from kohorte.core.jobs.running import Runner, run_next_job
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rendering import Parts
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.model import Segment
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON, FixedClock
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.job_runners import carry_out
from kohorte.entrypoints.worker.rounds import MEMBERS, work_once
from kohorte.entrypoints.worker.running import run_worker

GERMANS = 'contact.country = "DE"'


@pytest.fixture
def tenant(application: Application) -> Tenant:
    return application.tenant("default")


@pytest.fixture
def segment(application: Application, tenant: Tenant) -> Segment:
    rows = [(f"C-{number:04}", "DE" if number % 2 else "FR") for number in range(5_000)]
    write(application.storage, tenant, batch(RecordKind.CONTACTS, "key country", *rows))
    made = application.bus.run(CreateSegment("Käufer/DE", GERMANS), tenant)
    work_once(application, steps=MEMBERS)
    return made


def shown(application: Application, tenant: Tenant, run: JobRun) -> ShownJob:
    with application.bus.ports(tenant, reading=True) as ports:
        return show_job(ports, run.id)


def carried_out(application: Application, tenant: Tenant, command: Command[JobRun]) -> ShownJob:
    run = application.bus.run(command, tenant, by="ann")
    work_once(application)
    return shown(application, tenant, run)


def cancelling(application: Application) -> Runner:
    """Return what carries out a job that somebody cancels when it has just begun."""

    def carry_out_cancelled(held: HeldJob) -> JobResult:
        application.bus.run(CancelJob(held.run.id), held.tenant)
        return carry_out(held)

    return carry_out_cancelled


def no_file_is_left(application: Application, tenant: Tenant) -> bool:
    with application.bus.ports(tenant, reading=True) as ports:
        return not ports.work.files.over(NOON + timedelta(days=99), 1)


def content(application: Application, tenant: Tenant, job: ShownJob) -> bytes:
    assert job.file is not None, job.run.error
    return b"".join(read_file(application.bus, tenant, job.file))


# -- exports -------------------------------------------------------------------------------------------------------


def test_an_export_writes_a_file_that_is_kept_for_a_day(
    application: Application, tenant: Tenant, segment: Segment, clock: FixedClock
) -> None:
    job = carried_out(application, tenant, StartExport((segment.id,), columns=("contact.key", "contact.country")))
    assert (job.run.status, job.run.done, job.run.total) == (JobStatus.FINISHED, 2_500, 2_500)
    assert job.run.result.counts == {"members": 2_500}
    assert job.file is not None
    assert (job.file.name, job.file.expires_at) == ("Käufer_DE.csv", NOON + FETCHED_WITHIN)
    lines = content(application, tenant, job).decode().splitlines()
    assert (len(lines), lines[0], lines[1]) == (2_501, "contact.key,contact.country", "C-0001,DE")
    clock.advance(FETCHED_WITHIN)
    work_once(application)
    assert shown(application, tenant, job.run).file is None
    with application.bus.ports(tenant, reading=True) as ports:
        assert not ports.work.files.over(clock.now(), 1)


def test_a_job_can_be_seen_for_ninety_days_after_its_end(
    application: Application, tenant: Tenant, segment: Segment, clock: FixedClock
) -> None:
    job = carried_out(application, tenant, StartCalculation((segment.id,)))
    clock.advance(timedelta(days=90) - timedelta(seconds=1))
    work_once(application)
    assert shown(application, tenant, job.run).run.status is JobStatus.FINISHED
    clock.advance(timedelta(seconds=1))
    work_once(application)
    with pytest.raises(NotFound):
        shown(application, tenant, job.run)


@pytest.mark.parametrize("form", ExportFormat)
def test_an_export_may_have_any_form(
    application: Application, tenant: Tenant, segment: Segment, form: ExportFormat
) -> None:
    job = carried_out(application, tenant, StartExport((segment.id,), form))
    assert job.file is not None
    assert job.file.name == f"Käufer_DE.{form.value}"
    assert len(content(application, tenant, job)) == job.file.size > 10_000


def test_segments_whose_names_differ_by_signs_alone_have_files_of_their_own(
    application: Application, tenant: Tenant, segment: Segment
) -> None:
    others = [application.bus.run(CreateSegment(name, GERMANS), tenant) for name in ("Käufer:DE", "KÄUFER?DE")]
    command = StartExport((segment.id, *(each.id for each in others)), ExportFormat.XLSX)
    job = carried_out(application, tenant, command)
    with ZipFile(BytesIO(content(application, tenant, job))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["Käufer_DE.xlsx", "Käufer_DE (2).xlsx", "KÄUFER_DE (3).xlsx"]
        assert ZipFile(BytesIO(archive.read("Käufer_DE (2).xlsx"))).testzip() is None


def test_members_of_a_past_instant_are_exported(application: Application, tenant: Tenant, segment: Segment) -> None:
    job = carried_out(application, tenant, StartExport((segment.id,), at=NOON - timedelta(days=1)))
    assert job.run.result.counts == {"members": 0}
    assert content(application, tenant, job).count(b"\n") == 1


def test_an_export_that_is_cancelled_leaves_no_file(application: Application, tenant: Tenant, segment: Segment) -> None:
    run = application.bus.run(StartExport((segment.id,)), tenant)
    ended = run_next_job(application.bus, tenant, cancelling(application))
    assert ended is not None
    assert (ended.id, ended.status, ended.total) == (run.id, JobStatus.CANCELLED, None)
    assert no_file_is_left(application, tenant)


def test_a_template_writes_an_export(application: Application, tenant: Tenant, segment: Segment) -> None:
    parts = Parts("<people>\n", "<p>{{ contact.key }}</p>\n", "</people>\n")
    application.bus.run(CreateExportTemplate("xml", parts, extension="xml", media_type="application/xml"), tenant)
    job = carried_out(application, tenant, StartExport((segment.id,), template="xml"))
    assert job.file is not None, job.run.error
    assert job.file.name == "Käufer_DE.xml"
    assert content(application, tenant, job).startswith(b"<people>\n<p>C-0001</p>\n")
    assert job.run.done == job.run.total == 2_500


# -- imports -------------------------------------------------------------------------------------------------------


def keep(application: Application, tenant: Tenant, text: str, name: str = "people.csv") -> StartImport:
    file = application.bus.run(KeepFile(name, [text.encode()], READ_WITHIN), tenant)
    return StartImport(RecordKind.CONTACTS, file.id)


def test_an_import_reads_a_file_and_forgets_it(application: Application, tenant: Tenant) -> None:
    command = keep(application, tenant, "key,country\nA,DE\nB,FR\n")
    job = carried_out(application, tenant, command)
    assert (job.run.status, job.file) == (JobStatus.FINISHED, None)
    assert job.run.result.counts == {"rows": 2, "created": 2, "updated": 0, "waiting": 0, "rejected": 0}
    assert job.run.done == job.run.total == 22
    with application.bus.ports(tenant, reading=True) as ports:
        assert ports.work.contacts.by_key("A").country == "DE"
        (run,) = ports.work.imports.latest()
        assert run.source == "people.csv"
        with pytest.raises(NotFound):
            ports.work.files.by_id(command.file)


def test_rejected_rows_become_a_file(application: Application, tenant: Tenant) -> None:
    job = carried_out(application, tenant, keep(application, tenant, "key,email\nA,nonsense\nB,b@example.com\n"))
    assert (job.run.status, job.run.result.counts["rejected"]) == (JobStatus.FINISHED, 1)
    assert job.file is not None
    assert job.file.name == "people.csv.rejects.csv"
    assert "A,nonsense" in content(application, tenant, job).decode()


def test_how_a_file_is_to_be_read_can_be_said(application: Application, tenant: Tenant) -> None:
    command = keep(application, tenant, "Nr|Land\nA|DE\n", "people.txt")
    command = evolve(command, mapping={"Nr": "key", "Land": "country"}, format="csv", delimiter="|", encoding="utf-8")
    assert carried_out(application, tenant, command).run.result.counts["created"] == 1
    tried = evolve(keep(application, tenant, "key\nB\n"), dry_run=True)
    assert carried_out(application, tenant, tried).run.result.counts["created"] == 1
    with application.bus.ports(tenant, reading=True) as ports, pytest.raises(NotFound):
        ports.work.contacts.by_key("B")


def test_an_import_that_cannot_be_read_says_why(application: Application, tenant: Tenant) -> None:
    job = carried_out(application, tenant, keep(application, tenant, "name,city\nAnn,Ulm\n"))
    assert job.run.status is JobStatus.FAILED
    assert job.run.error is not None
    assert job.run.error.code == "invalid_input"
    assert "key" in job.run.error.error.text()


def test_an_import_that_is_cancelled_keeps_what_was_written_and_says_so(
    application: Application, tenant: Tenant, clock: FixedClock
) -> None:
    run = application.bus.run(keep(application, tenant, "key\n" + "\n".join(f"C{each}" for each in range(100))), tenant)

    run_next_job(application.bus, tenant, cancelling(application))
    job = shown(application, tenant, run)
    assert job.run.status is JobStatus.CANCELLED
    with application.bus.ports(tenant, reading=True) as ports:
        (imported,) = ports.work.imports.latest()
        assert (imported.rows, imported.status.value, imported.error) == (100, "failed", "The job was cancelled.")
    assert no_file_is_left(application, tenant)


# -- calculations --------------------------------------------------------------------------------------------------


def test_a_calculation_counts_segments(application: Application, tenant: Tenant, segment: Segment) -> None:
    application.bus.run(SaveContact("C-0000", {"country": "DE"}), tenant)
    other = application.bus.run(CreateSegment("other", 'contact.country = "FR"'), tenant)
    run = application.bus.run(StartCalculation((segment.id, other.id)), tenant, by="ann")
    run_next_job(application.bus, tenant, application.runner)
    job = shown(application, tenant, run)
    assert (job.run.status, job.run.done, job.run.total) == (JobStatus.FINISHED, 2, 2)
    assert job.run.result.counts == {"segments": 2, "failed": 0, "entered": 2_500, "left": 0}


def test_a_calculation_that_is_cancelled_ends_between_two_segments(
    application: Application, tenant: Tenant, segment: Segment
) -> None:
    others = [application.bus.run(CreateSegment(name, GERMANS), tenant) for name in "ab"]
    run = application.bus.run(StartCalculation(tuple(each.id for each in others)), tenant)
    run_next_job(application.bus, tenant, cancelling(application))
    assert shown(application, tenant, run).run.status is JobStatus.CANCELLED
    with application.bus.ports(tenant, reading=True) as ports:
        counts = [ports.work.segments.by_id(each.id).member_count for each in others]
    assert sorted(counts, key=str) == [2_500, None]


# -- rounds --------------------------------------------------------------------------------------------------------


def test_a_round_carries_out_all_jobs_of_all_tenants(
    application: Application, tenant: Tenant, segment: Segment
) -> None:
    other = application.bus.administer(CreateTenant("other"))
    for _ in range(3):
        application.bus.run(StartExport((segment.id,)), tenant)
        application.bus.run(StartCalculation(), other)
    done = {each.tenant.name: each for each in work_once(application)}
    for name in ("default", "other"):
        assert [each.status for each in done[name].jobs] == [JobStatus.FINISHED] * 3
    assert not any(each.jobs for each in work_once(application))


def test_a_running_worker_carries_out_jobs_beside_its_rounds(
    application: Application, tenant: Tenant, segment: Segment
) -> None:
    run = application.bus.run(StartExport((segment.id,)), tenant)
    stop, done = Event(), Event()

    def rest(_: float) -> None:
        if shown(application, tenant, run).run.has_ended:
            done.set()
            stop.set()
        else:
            stop.wait(0.01)

    worker = Thread(target=run_worker, args=(application, stop), kwargs={"wait": rest})
    worker.start()
    assert done.wait(60)
    worker.join()
    assert shown(application, tenant, run).run.status is JobStatus.FINISHED


def test_a_job_is_left_to_the_next_worker_when_this_one_stops(
    application: Application, tenant: Tenant, segment: Segment
) -> None:
    run = application.bus.run(StartExport((segment.id,)), tenant)
    left = run_next_job(application.bus, tenant, application.runner, is_stopping=lambda: True)
    assert left is not None
    assert (left.status, left.finished_at) == (JobStatus.WAITING, None)
    work_once(application)
    assert shown(application, tenant, run).run.status is JobStatus.FINISHED
