"""Jobs on the command line: asked for, listed, shown, fetched and cancelled."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.entrypoints.conftest import Kohorte


@pytest.fixture
def british(shop: Kohorte) -> Kohorte:
    shop("segment", "create", "british", "--rule", 'contact.country = "GB"')
    assert shop("segment", "calculate").code == 0
    return shop


def export(kohorte: Kohorte, *more: str) -> str:
    """Ask for an export, and return the id of its job."""
    answer = kohorte("segment", "export", "british", "--job", *more)
    assert answer.code == 0, answer.err
    return answer.out.strip()


def test_an_export_is_left_to_the_worker_and_fetched_later(british: Kohorte, tmp_path: Path) -> None:
    job = export(british, "--columns", "contact.key,contact.first_name")
    assert british("job", "show", job).out.splitlines()[0] == "export: waiting"
    assert british("job", "fetch", job).code == 4
    told = british("worker", "--once")
    assert told.code == 0
    assert [job, "export", "finished"] == told.out.splitlines()[-1].split()[1:]
    shown = british("job", "show", job).out
    assert "export: finished\nDone: 2 / 2\nmembers: 2\n" in shown
    assert f"Fetch it with: kohorte job fetch {job}" in shown
    assert british("job", "fetch", job).out == "Written to british.csv.\n"
    assert (tmp_path / "british.csv").read_bytes() == b"contact.key,contact.first_name\r\n1,Ada\r\n2,Alan\r\n"
    assert british("job", "fetch", job, "--output", "members.txt").code == 0
    assert (tmp_path / "members.txt").read_bytes() == (tmp_path / "british.csv").read_bytes()


def test_programs_read_jobs(british: Kohorte) -> None:
    jobs = [export(british, "--format", "jsonl") for _ in range(2)]
    told = json.loads(british("worker", "--once", "--json").out)
    assert [each["id"] for each in told[0]["jobs"]] == jobs
    listed = json.loads(british("job", "list", "--json").out)
    assert [each["id"] for each in listed] == jobs[::-1]
    shown = json.loads(british("job", "show", jobs[0], "--json").out)
    assert shown.pop("file")["name"] == "british.jsonl"
    assert shown == listed[1]
    assert (shown["status"], shown["counts"], shown["error"]) == ("finished", {"members": 2}, None)


def test_jobs_are_listed_page_by_page(british: Kohorte) -> None:
    jobs = [export(british) for _ in range(3)]
    first = british("job", "list", "--limit", "2")
    assert [line.split()[0] for line in first.out.splitlines()[2:]] == jobs[:0:-1]
    place = first.err.split()[-1]
    assert british("job", "list", "--after", place).out.splitlines()[-1].startswith(jobs[0])
    assert british("job", "list", "--after", "nonsense").code == 1


def test_a_job_is_cancelled(british: Kohorte) -> None:
    job = export(british)
    assert british("job", "cancel", job).out == "The job is cancelled.\n"
    assert "export: cancelled" in british("job", "show", job).out
    assert british("worker", "--once").code == 0
    done = export(british)
    british("worker", "--once")
    assert british("job", "cancel", done).code == 1


def test_a_job_that_fails_says_why(british: Kohorte) -> None:
    job = export(british)
    assert british("segment", "delete", "british", "--yes").code == 0
    answer = british("worker", "--once")
    assert answer.code == 1
    assert "british" in answer.err or "segment" in answer.err
    assert "export: failed" in british("job", "show", job).out
    assert json.loads(british("job", "show", job, "--json").out)["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("segment", "export", "british", "--job", "--output", "x.csv"), 1),
        (("segment", "export", "british", "--job", "--columns", "contact.nonsense"), 1),
        (("segment", "export", "nowhere", "--job"), 4),
        (("job", "show", "0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f"), 4),
        (("job", "cancel", "0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f"), 4),
        (("job", "fetch", "nonsense"), 2),
    ],
)
def test_what_cannot_be_is_refused(british: Kohorte, arguments: tuple[str, ...], code: int) -> None:
    assert british(*arguments).code == code


def test_jobs_are_told_in_german(british: Kohorte, monkeypatch: pytest.MonkeyPatch) -> None:
    job = export(british)
    british("worker", "--once")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "Export: fertig\nGetan: 2 / 2\nMitglieder: 2\n" in british("job", "show", job).out


def test_a_calculation_is_left_to_the_worker(shop: Kohorte) -> None:
    shop("segment", "create", "british", "--rule", 'contact.country = "GB"')
    job = shop("segment", "calculate", "british", "--job").out.strip()
    assert shop("job", "show", job).out.splitlines()[0] == "calculate: waiting"
    shop("worker", "--once")
    assert shop("job", "show", job).out.splitlines()[:2] == ["calculate: finished", "Done: 1 / 1"]
    assert shop("segment", "show", "british").out.splitlines()[0] == "british: 2 members"
    assert shop("segment", "calculate", "nobody", "--job").code == 4


def test_an_import_is_left_to_the_worker_and_its_rejected_rows_are_fetched(shop: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("id;email\n8;eve@example.com\n9;nonsense\n", "utf-8")
    job = shop("import", "contacts", "more.csv", "--map", "id=key", "--job").out.strip()
    (tmp_path / "more.csv").unlink()  # it is kept
    assert shop("contact", "show", "8").code == 4
    shop("worker", "--once")
    assert "created: 1\nupdated: 0\nwaiting: 0\nrejected: 1\n" in shop("job", "show", job).out
    assert shop("contact", "show", "8").code == 0
    assert shop("job", "fetch", job, "--output", "rejects.csv").code == 0
    assert ",9,nonsense" in (tmp_path / "rejects.csv").read_text("utf-8")


@pytest.mark.parametrize("wrong", [["-"], ["more.csv", "--rejects", "r.csv"], ["more.csv", "--batch", "5"]])
def test_a_job_reads_a_file_alone(shop: Kohorte, tmp_path: Path, wrong: list[str]) -> None:
    (tmp_path / "more.csv").write_text("key\n8\n", "utf-8")
    assert shop("import", "contacts", *wrong, "--job").code == 1


def test_several_segments_become_one_archive(british: Kohorte, tmp_path: Path) -> None:
    british("segment", "create", "nobody", "--rule", 'contact.country = "FR"')
    assert british("segment", "calculate").code == 0
    wanted = ("segment", "export", "british", "nobody", "--columns", "contact.key")
    assert british(*wanted, "--output", "members.zip").code == 0
    assert british(*wanted, "--job").code == 0
    assert british("worker", "--once").out.split()[-2:] == ["export", "finished"]
    job = british("job", "list").out.splitlines()[-1].split()[0]
    assert british("job", "fetch", job).out == "Written to segments.zip.\n"
    for name in ("members.zip", "segments.zip"):
        with ZipFile(tmp_path / name) as archive:
            files = {each: archive.read(each).split() for each in archive.namelist()}
        assert files == {"british.csv": [b"contact.key", b"1", b"2"], "nobody.csv": [b"contact.key"]}
    assert british(*wanted).code == 1
