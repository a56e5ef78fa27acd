"""Every answer is described with an example that is one: it has the form that the description gives it."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

JSON = ("application/json", "application/problem+json")


@pytest.fixture
def description(client: TestClient[Litestar]) -> Any:
    return client.get("/api/docs/openapi.json").json()


def contents(description: Any) -> Iterator[tuple[str, Any]]:
    """Yield every content that an operation takes or gives, with a name."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            taken = {"body": operation["requestBody"]} if "requestBody" in operation else {}
            for name, told in {**operation["responses"], **taken}.items():
                for media_type, content in told.get("content", {}).items():
                    if media_type in JSON:
                        yield f"{method.upper()} {path} {name}", content


def examples(content: Any, description: Any) -> list[Any]:
    """Return the examples of a content: its own, or those of its class."""
    if "examples" in content:
        return [each["value"] for each in content["examples"].values()]
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    found: list[Any] = description["components"]["schemas"].get(name, {}).get("examples", [])
    return found


def test_every_example_has_the_form_that_is_described(description: Any) -> None:
    jsonschema_rs: Any = pytest.importorskip("jsonschema_rs", reason="examples are tried by it: install the group test")
    wrong, tried = list[str](), 0
    for name, content in contents(description):
        schema = {**content["schema"], "components": description["components"]}
        for example in examples(content, description):
            tried += 1
            wrong += [
                f"{name}: {each.message}" for each in jsonschema_rs.Draft202012Validator(schema).iter_errors(example)
            ]
    assert wrong == []
    assert tried > 500


def test_every_answer_has_an_example(description: Any) -> None:
    bare = [
        name for name, content in contents(description) if " body" not in name and not examples(content, description)
    ]
    assert bare == []


def test_examples_of_answers_are_as_the_server_writes_them(description: Any) -> None:
    answers = description["paths"]["/api/segments"]["get"]["responses"]
    page = answers["200"]["content"]["application/json"]["examples"]["usual"]["value"]
    assert page["items"][0]["created_at"] == "2024-05-15T12:00:00Z"
    assert page["items"][0]["type"] == "dynamic"
    problem = answers["404"]["content"]["application/problem+json"]["examples"]
    assert {each["value"]["code"] for each in problem.values()} == {"not_found"}


def test_the_headers_of_answers_are_described(description: Any) -> None:
    paths = description["paths"]
    made = paths["/api/segments"]["post"]["responses"]
    assert {"Location", "ETag", "X-Request-ID"} <= {*made["201"]["headers"]}
    assert "Retry-After" in made["429"]["headers"]
    assert "Retry-After" in made["503"]["headers"]
