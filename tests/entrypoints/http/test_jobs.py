"""Jobs over HTTP: asked for, followed, cancelled, and their files by links that need no key and expire."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from kohorte.core.access.permissions import Role
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import FETCHED_WITHIN
from kohorte.core.segments.model import Segment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.api.jobs import LINKED_FOR
from kohorte.entrypoints.worker.rounds import work_once
from tests.entrypoints.http.conftest import Api, Callers

LATER = {"Prefer": "respond-async"}
CSV = b"key,email,country\nC-20,eve@example.com,DE\nC-21,nonsense,DE\n"


def followed(api: Api, accepted: Response, application: Application) -> dict[str, Any]:
    """Return the job that an answer tells of, once a worker has carried it out."""
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["status"] == "waiting"
    work_once(application)
    job: dict[str, Any] = api("GET", accepted.headers["Location"]).json()
    return job


def link_of(api: Api, germans: Segment, application: Application) -> str:
    """Return the link to the file of an export."""
    href: str = followed(api, api("POST", f"/api/segments/{germans.id}/export"), application)["file"]["href"]
    return href


# -- exports -------------------------------------------------------------------------------------------------------


def test_an_export_is_a_job_whose_file_is_fetched_by_a_link_without_a_key(
    api: Api, germans: Segment, application: Application
) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    body = {"columns": ["contact.key", "contact.country"]}
    job = followed(api, api("POST", f"/api/segments/{germans.id}/export", body), application)
    assert (job["kind"], job["status"], job["done"], job["total"]) == ("export", "finished", 2, 2)
    assert (job["counts"], job["error"], job["created_by"]) == ({"members": 2}, None, "key 0")
    assert (job["file"]["name"], job["file"]["expires_at"]) == ("germans.csv", "2024-05-16T12:00:00Z")
    assert job["file"]["link_expires_at"] == "2024-05-15T13:00:00Z"
    fetched = Api(api.client, None)("GET", job["file"]["href"])
    assert fetched.status_code == 200
    assert fetched.text == "contact.key,contact.country\r\nC-1,DE\r\nC-2,DE\r\n"
    assert fetched.headers["Content-Disposition"].startswith('attachment; filename="germans.csv"')
    assert fetched.headers["Content-Type"].startswith("text/csv")
    assert int(fetched.headers["Content-Length"]) == job["file"]["size"] == len(fetched.content)
    assert fetched.headers["Cache-Control"] == "no-store"
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "xlsx"])
def test_an_export_as_a_job_is_what_an_export_at_once_is(
    api: Api, germans: Segment, application: Application, form: str
) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    job = followed(api, api("POST", f"/api/segments/{germans.id}/export", {"format": form}), application)
    later = api("GET", job["file"]["href"])
    at_once = api("GET", f"/api/segments/{germans.id}/export?format={form}")
    for name in ("Content-Type", "Content-Disposition"):
        assert later.headers[name] == at_once.headers[name]
    if form != "xlsx":  # which says when it was made
        assert later.content == at_once.content


def test_an_export_that_cannot_be_is_refused_at_once(api: Api, germans: Segment) -> None:
    path = f"/api/segments/{germans.id}/export"
    assert api("POST", path, {"columns": ["contact.nonsense"]}).status_code == 422
    assert api("POST", path, {"format": "pdf"}).json()["errors"][0]["pointer"] == "/format"
    assert api("POST", path, {"template": "nowhere"}).status_code == 404
    assert api("POST", path, {"at": "2024-05-15T12:00:00"}).status_code == 422
    assert api("GET", "/api/jobs").json() == {"items": [], "next": None}


def test_an_export_that_is_asked_for_twice_with_one_key_is_one_job(api: Api, germans: Segment) -> None:
    path, once = f"/api/segments/{germans.id}/export", {"Idempotency-Key": "a"}
    first, again = (api("POST", path, {}, headers=once) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["Location"] == again.headers["Location"]
    assert first.json() == again.json()
    assert len(api("GET", "/api/jobs").json()["items"]) == 1


# -- links ---------------------------------------------------------------------------------------------------------


def test_a_link_expires_and_the_next_one_is_good(
    api: Api, germans: Segment, application: Application, clock: FixedClock
) -> None:
    accepted = api("POST", f"/api/segments/{germans.id}/export")
    link = followed(api, accepted, application)["file"]["href"]
    clock.advance(LINKED_FOR - timedelta(microseconds=1))
    assert api("GET", link).status_code == 200
    clock.advance(timedelta(microseconds=1))
    gone = api("GET", link)
    assert (gone.status_code, gone.json()["code"]) == (410, "expired_signature")
    assert gone.headers["Content-Type"] == "application/problem+json"
    assert api("GET", api("GET", accepted.headers["Location"]).json()["file"]["href"]).status_code == 200


def test_no_link_outlives_its_file(api: Api, germans: Segment, application: Application, clock: FixedClock) -> None:
    accepted = api("POST", f"/api/segments/{germans.id}/export")
    followed(api, accepted, application)
    clock.advance(FETCHED_WITHIN - timedelta(minutes=10))
    file = api("GET", accepted.headers["Location"]).json()["file"]
    assert file["link_expires_at"] == file["expires_at"]
    clock.advance(timedelta(minutes=10))
    assert api("GET", file["href"]).status_code == 410
    assert api("GET", accepted.headers["Location"]).json()["file"] is None


def test_a_forged_link_leads_nowhere(api: Api, germans: Segment, application: Application) -> None:
    link = link_of(api, germans, application)
    place = len("/files/") + 20
    changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
    for forged in (changed, link[:-1], link + "A", "/files/x", "/files/" + "A" * 96, "/files/" + "A" * 600):
        refused = Api(api.client, None)("GET", forged)
        assert refused.status_code in {400, 404}, forged
        assert refused.headers["Content-Type"] == "application/problem+json"


def test_no_text_that_was_signed_for_another_purpose_is_a_link(
    api: Api, application: Application, tenant: Tenant
) -> None:
    file = application.bus.run(KeepFile("a.csv", [b"a"], FETCHED_WITHIN), tenant)
    payload = tenant.id.bytes + file.id.bytes
    assert api("GET", f"/files/{application.signing.sign('cursor', payload)}").status_code == 404
    assert api("GET", f"/files/{application.signing.sign('file', payload)}").text == "a"


def test_a_link_leads_to_its_own_tenants_files_alone(
    api: Api, other: Api, application: Application, tenant: Tenant
) -> None:
    file = application.bus.run(KeepFile("a.csv", [b"a"], FETCHED_WITHIN), tenant)
    crossed = application.tenant("other").id.bytes + file.id.bytes
    assert other("GET", f"/files/{application.signing.sign('file', crossed)}").status_code == 404
    unknown = bytes(16) + file.id.bytes
    assert other("GET", f"/files/{application.signing.sign('file', unknown)}").status_code == 404


def test_neither_log_nor_figures_name_a_link(
    api: Api, germans: Segment, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    link = link_of(api, germans, application)
    caplog.clear()
    with caplog.at_level("INFO", logger="kohorte.http"):
        api("GET", link)
    told = [getattr(each, "request", {}) for each in caplog.records if each.name == "kohorte.http"]
    assert [each["route"] for each in told] == ["/files/{token}"]
    assert link.removeprefix("/files/") not in str(told) + api("GET", "/metrics").text


# -- imports and calculations ----------------------------------------------------------------------------------------


def test_an_import_is_a_job_where_that_is_preferred(api: Api, shop: Application) -> None:
    accepted = api("POST", "/api/imports/contacts?name=people.csv", content=CSV, headers=LATER)
    assert accepted.headers["Preference-Applied"] == "respond-async"
    assert api("GET", "/api/contacts/C-20").status_code == 404
    job = followed(api, accepted, shop)
    assert (job["kind"], job["status"], job["done"]) == ("import", "finished", len(CSV))
    assert job["counts"] == {"rows": 2, "created": 1, "updated": 0, "waiting": 0, "rejected": 1}
    assert api("GET", "/api/contacts/C-20").json()["country"] == "DE"
    assert job["file"]["name"] == "people.csv.rejects.csv"
    assert "C-21,nonsense,DE" in api("GET", job["file"]["href"]).text


def test_an_import_that_cannot_be_read_is_a_problem_of_its_job(api: Api, shop: Application) -> None:
    job = followed(api, api("POST", "/api/imports/contacts", content=b"name\nAnn\n", headers=LATER), shop)
    assert (job["status"], job["file"]) == ("failed", None)
    problem = job["error"]
    assert (problem["code"], problem["status"], problem["type"]) == (
        "invalid_input",
        422,
        "urn:kohorte:problem:invalid_input",
    )
    assert "key" in problem["detail"]
    german = api("GET", f"/api/jobs/{job['id']}", headers={"Accept-Language": "de"}).json()["error"]["detail"]
    assert german != problem["detail"]


@pytest.mark.parametrize("asked", ["map=nonsense", "format=pdf", "decimals=x", "encoding=x"])
def test_what_is_said_of_a_file_is_looked_at_before_it_becomes_a_job(api: Api, shop: Application, asked: str) -> None:
    refused = api("POST", f"/api/imports/contacts?{asked}", content=CSV, headers=LATER)
    if refused.status_code == 202:  # an encoding is looked at when the file is read
        assert asked == "encoding=x"
        return
    assert refused.status_code == 422
    assert api("GET", "/api/jobs").json()["items"] == []


def test_a_calculation_is_a_job_where_that_is_preferred(api: Api, germans: Segment, application: Application) -> None:
    job = followed(api, api("POST", "/api/segments/calculate", {"ids": [str(germans.id)]}, headers=LATER), application)
    assert (job["kind"], job["done"], job["total"]) == ("calculate", 1, 1)
    assert job["counts"] == {"segments": 1, "failed": 0, "entered": 2, "left": 0} or job["counts"]["segments"] == 1
    assert api("GET", f"/api/segments/{germans.id}").json()["member_count"] == 2
    at_once = api("POST", "/api/segments/calculate", {}, headers={"Prefer": "wait=10, handling=strict"})
    assert at_once.status_code == 200
    unknown = api("POST", "/api/segments/calculate", {"ids": [str(germans.created_at.date())]}, headers=LATER)
    assert unknown.status_code == 422


# -- several segments ------------------------------------------------------------------------------------------------


def test_several_segments_become_one_archive(
    api: Api, germans: Segment, guests: Segment, application: Application, client: TestClient[Litestar]
) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    api("POST", f"/api/segments/{guests.id}/members", {"keys": ["C-3"]})
    body = {"ids": [str(germans.id), str(guests.id), str(germans.id)], "columns": ["contact.key"]}
    accepted = api("POST", "/api/segments/export", body, headers={"Idempotency-Key": "b"})
    assert api("POST", "/api/segments/export", body, headers={"Idempotency-Key": "b"}).json() == accepted.json()
    job = followed(api, accepted, application)
    assert (job["kind"], job["status"], job["done"], job["total"]) == ("export", "finished", 3, 3)
    assert (job["counts"], job["file"]["name"]) == ({"segments": 2, "members": 3}, "segments.zip")
    fetched = client.get(job["file"]["href"])
    assert fetched.headers["Content-Type"] == "application/zip"
    with ZipFile(BytesIO(fetched.content)) as archive:
        files = {each: archive.read(each).decode().split() for each in archive.namelist()}
    assert files == {"germans.csv": ["contact.key", "C-1", "C-2"], "guests.csv": ["contact.key", "C-3"]}


def test_what_cannot_be_exported_together_becomes_no_job(api: Api, germans: Segment) -> None:
    known, unknown = str(germans.id), str(UUID(int=7))
    for body, status in (
        ({"ids": []}, 422),
        ({}, 422),
        ({"ids": [known, unknown]}, 404),
        ({"ids": [known], "columns": ["contact.nonsense"]}, 422),
        ({"ids": [known], "template": "nowhere"}, 404),
    ):
        assert api("POST", "/api/segments/export", body).status_code == status
    assert api("GET", "/api/jobs").json()["items"] == []


# -- following and cancelling ----------------------------------------------------------------------------------------


def test_jobs_come_page_by_page_the_newest_first(api: Api, germans: Segment) -> None:
    made = [api("POST", f"/api/segments/{germans.id}/export").json()["id"] for _ in range(3)]
    first = api("GET", "/api/jobs?limit=2").json()
    second = api("GET", "/api/jobs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


def test_a_job_is_cancelled_once(api: Api, germans: Segment, application: Application) -> None:
    path = api("POST", f"/api/segments/{germans.id}/export").headers["Location"]
    for _ in range(2):
        cancelled = api("POST", f"{path}/cancel")
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    work_once(application)
    assert api("GET", path).json()["file"] is None
    ended = api("POST", f"/api/segments/{germans.id}/export").headers["Location"]
    work_once(application)
    refused = api("POST", f"{ended}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")


def test_who_may_not_start_a_job_neither_cancels_it_nor_learns_where_its_file_is(
    api: Api, caller: Callers, germans: Segment, application: Application
) -> None:
    accepted = api("POST", f"/api/segments/{germans.id}/export")
    reader = caller(Role.READ)
    assert reader("POST", f"/api/segments/{germans.id}/export").status_code == 403
    refused = reader("POST", f"{accepted.headers['Location']}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_permission")
    followed(api, accepted, application)
    job = reader("GET", accepted.headers["Location"]).json()
    assert (job["status"], job["file"]) == ("finished", None)
    assert caller(Role.SALES)("GET", accepted.headers["Location"]).json()["file"] is not None


def test_another_tenant_sees_no_job(api: Api, other: Api, germans: Segment) -> None:
    path = api("POST", f"/api/segments/{germans.id}/export").headers["Location"]
    assert other("GET", path).status_code == 404
    assert other("POST", f"{path}/cancel").status_code == 404
    assert other("GET", "/api/jobs").json()["items"] == []
