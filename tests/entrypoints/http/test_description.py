"""The description holds: whatever it allows is answered as it says, and never by a fault of the server."""

from typing import Any

import pytest
from hypothesis import given, settings

from kohorte.core.segments.model import Segment
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.application import Limits, create_app
from tests.conftest import THOROUGH
from tests.entrypoints.http.conftest import Api

NEEDED = "the description is tried by schemathesis: install the group test"


def test_every_operation_answers_as_described(api: Api, shop: Application, germans: Segment) -> None:
    schemathesis: Any = pytest.importorskip("schemathesis", reason=NEEDED)
    checks: Any = pytest.importorskip("schemathesis.specs.openapi.checks", reason=NEEDED)
    wanted = [
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    described = schemathesis.openapi.from_asgi(
        "/api/docs/openapi.json", create_app(shop, Limits(requests_a_second=0))
    ).exclude(path_regex="^/(health|ready|metrics)$")
    headers = {"Authorization": f"Bearer {api.token}"}
    tried, wrong = 0, list[str]()
    for found in described.get_all_operations():
        operation = found.ok()
        tried += 1

        @settings(max_examples=100 if THOROUGH else 8)
        @given(case=operation.as_strategy())
        def answers(case: Any) -> None:
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=wanted)

        try:
            answers()
        except BaseExceptionGroup as failure:
            wrong += [f"{operation.method} {operation.path}: {each}" for each in failure.exceptions]
    assert tried > 40
    assert not wrong, "\n\n".join(wrong)
