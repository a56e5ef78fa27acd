"""The server around the API: health, figures, limits, logs, its description, and a real process that stops in peace."""

import json
import logging
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import httpx
import pytest
from litestar import Litestar, get
from litestar.plugins.attrs import AttrsSchemaPlugin
from litestar.testing import TestClient

from kohorte.core.access.permissions import Role
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.application import Limits, api_router, create_app
from kohorte.entrypoints.http.logs import JsonLines
from tests.entrypoints.http.conftest import Api, Callers


def test_monitoring_needs_no_key_but_for_figures_from_elsewhere(client: TestClient[Litestar], caller: Callers) -> None:
    assert client.get("/health").json() == {"status": "alive"}
    assert client.get("/ready").json() == {"status": "ready"}
    assert client.get("/metrics").status_code == 401  # the test client comes from nowhere
    caller(Role.READ)("GET", "/api/segments")
    assert 'path="/api/segments"' in caller(Role.READ)("GET", "/metrics").text
    assert caller(Role.SALES)("GET", "/metrics").status_code == 403


def test_figures_never_name_people(client: TestClient[Litestar], api: Api, shop: Application) -> None:
    api("GET", "/api/contacts/C-1")
    assert "C-1" not in api("GET", "/metrics").text


def test_every_answer_has_an_id_and_is_kept_by_nobody(api: Api) -> None:
    answer = api("GET", "/api/segments")
    assert len(answer.headers["X-Request-ID"]) == 32
    assert answer.headers["Cache-Control"] == "no-store"
    assert api("GET", "/api/segments", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    assert api("GET", "/api/segments", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b"


def test_the_log_tells_of_a_request_and_of_nobody(
    api: Api, shop: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="kohorte.http"):
        api("GET", "/api/contacts/C-1?x=ann@example.com")
    (line,) = (json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "kohorte.http")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/contacts/{key}", 200)
    assert line["request_id"]
    assert line["tenant"]
    for secret in ("C-1", "ann@example.com", api.token or "-"):
        assert secret not in json.dumps(line)


def test_a_fault_is_told_without_its_words(
    api: Api, application: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # A fault cannot be had otherwise: where one is known, it is mended.
    def fail(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("kohorte.entrypoints.http.api.segments.page_segments", fail)
    answer = api("GET", "/api/segments")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "secret words" not in answer.text
    assert "secret words" in caplog.text


def test_what_is_not_there_and_what_is_not_done_are_problems_too(client: TestClient[Litestar], api: Api) -> None:
    for method, path, status, code in (
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/segments/not-an-id", 404, "not_found"),
        ("DELETE", "/api/segments", 405, "method_not_allowed"),
    ):
        answer = api(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_too_large_a_body_and_too_many_requests_are_refused(application: Application, caller: Callers) -> None:
    token = caller(Role.ADMIN).token
    with TestClient(create_app(application, Limits(body=1_000, requests_a_second=5))) as client:
        api = Api(client, token)
        large = api("POST", "/api/segments", {"name": "x" * 2_000})
        assert (large.status_code, large.json()["code"]) == (413, "too_large")
        answers = [api("GET", "/api/segments") for _ in range(20)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "too_many_requests"
    assert "RateLimit-Reset" in refused[0].headers


def test_pages_of_other_sites_are_let_in_by_name_alone(application: Application) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    with TestClient(create_app(application)) as client:
        assert "Access-Control-Allow-Origin" not in client.options("/api/segments", headers=asked).headers
    with TestClient(create_app(application, origins=["https://shop.example"])) as client:
        answer = client.options("/api/segments", headers=asked)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_the_description_is_there_without_the_internet(client: TestClient[Litestar]) -> None:
    page = client.get("/api/docs").text
    for file in ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-standalone-preset.js"):
        assert f"/api/docs/assets/{file}" in page
        assert client.get(f"/api/docs/assets/{file}").status_code == 200
    assert "http://" not in page.replace("http://json-schema.org", "")
    assert "https://" not in page.replace("https://json-schema.org", "")


def test_the_description_describes_every_operation(client: TestClient[Litestar]) -> None:
    described = client.get("/api/docs/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            if path.startswith("/api/"):
                assert operation["security"], (method, path)
                assert {"401", "403"} <= {*operation["responses"]}, (method, path)


def test_the_api_fits_into_another_application(application: Application, caller: Callers) -> None:
    @get("/hello", sync_to_thread=False)
    def hello() -> str:
        return "hello"

    host = Litestar([hello, api_router(application)], plugins=[AttrsSchemaPlugin()])
    token = caller(Role.READ).token
    with TestClient(host) as client:
        assert client.get("/hello").text == "hello"
        assert client.get("/api/segments").json()["code"] == "invalid_key"
        assert client.get("/api/segments", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert "X-Request-ID" not in client.get("/hello").headers


def _follows(address: str, token: str) -> None:
    """Change data, and see the worker beside the server bring members up to date by itself."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        made = client.post("/api/segments", json={"name": "germans", "rule": 'contact.country = "DE"'})
        client.put("/api/contacts/C-1", json={"country": "DE"})
        end = monotonic() + 60
        while client.get(f"{made.headers['Location']}/members").json()["count"] == 0:
            assert monotonic() < end, "the worker does not follow"


def test_a_real_server_answers_and_stops_in_peace(tmp_path: Path) -> None:
    kohorte = [sys.executable, "-m", "kohorte.entrypoints.cli"]
    subprocess.run([*kohorte, "migrate"], cwd=tmp_path, check=True, capture_output=True)
    made = subprocess.run(
        [*kohorte, "key", "create", "test", "--role", "admin"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    server = subprocess.Popen(
        [*kohorte, "serve", "--port", "0", "--rate", "0"],  # whoever waits asks again and again
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        address = said.split("/api")[0].split()[-1]
        answer = httpx.get(f"{address}/api/segments", headers={"Authorization": f"Bearer {made.stdout.strip()}"})
        assert answer.json()["items"] == []
        _follows(address, made.stdout.strip())
        assert httpx.get(f"{address}/metrics").status_code == 200
        through_proxy = httpx.get(f"{address}/metrics", headers={"X-Forwarded-For": "10.0.0.1"})
        assert through_proxy.status_code == 401
    finally:
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=60)
    assert server.returncode == 0, log
    lines = [json.loads(line) for line in log.splitlines()]
    assert "/api/segments" in {line.get("route") for line in lines}
    assert made.stdout.strip() not in log


def test_a_server_does_not_start_with_a_secret_that_signs_nothing(tmp_path: Path) -> None:
    kohorte = [sys.executable, "-m", "kohorte.entrypoints.cli"]
    subprocess.run([*kohorte, "migrate"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "kohorte.db.secret").unlink()
    refused = subprocess.run(
        [*kohorte, "serve", "--port", "0"], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode != 0
    assert "kohorte migrate" in refused.stderr
