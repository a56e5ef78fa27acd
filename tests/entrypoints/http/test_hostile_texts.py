"""Hostile texts through every field that takes a text: they come back as they were kept, or are refused clearly.

What has a slash in its name cannot be named in an address: it is told by lists alone.
"""

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final
from urllib.parse import quote, unquote

import pytest
from httpx import Response

from kohorte.core.segments.model import Segment
from kohorte.entrypoints.bootstrap import Application
from tests.conftest import THOROUGH
from tests.data import shared_data
from tests.entrypoints.http.conftest import Api

CLEAR: Final = {400, 404, 409, 413, 422}
"""Answers that say what is wrong with what was sent."""
EVERY: Final = 1 if THOROUGH else 10
"""One text of so many is tried."""
Send = Callable[[Api, str, int], tuple[Response, Any]]


def naughty() -> list[str]:
    """Return hostile texts, a plain one, one that is empty and the longest in any case."""
    path = shared_data("hostile_input/big_list_of_naughty_strings.json")
    texts: list[str] = json.loads(path.read_text("utf-8"))
    return ["plain", *texts[::EVERY], "", "\x00", "a\x00b", "\ud7ff\u202e", "x" * 100_000, max(texts, key=len)]


def segment(name: str) -> Send:
    """Return what makes a segment with a text in a field, and tells what was kept."""

    def send(api: Api, text: str, number: int) -> tuple[Response, Any]:
        given = {"name": f"segment {number}", "rule": "contact.key is set"}
        made = api("POST", "/api/segments", {**given, name: [text] if name == "tags" else text})
        kept = made.json().get(name)
        return made, next(iter(kept or ()), None) if name == "tags" else kept

    return send


def noted(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Give a rule's version a note, and tell what was kept of it."""
    made = api("POST", "/api/segments", {"name": f"segment {number}", "rule": "contact.key is set", "note": text})
    if made.status_code != 201:
        return made, None
    return made, api("GET", f"/api/segments/{made.json()['id']}/versions").json()[0]["note"]


def listed(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Make a list of a name, find it by that name, and tell what it is called."""
    del number
    made = api("POST", "/api/lists", {"name": text})
    if made.status_code != 201:
        return made, None
    kept = made.json()["name"]
    return made, kept if "/" in kept else api("GET", f"/api/lists/{quote(kept, safe='')}").json()["name"]


def entered(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Put an entry into a list of its own, and tell what is in it."""
    api("POST", "/api/lists", {"name": f"list {number}"})
    added = api("POST", f"/api/lists/list%20{number}/entries", {"entries": [text]})
    entries = api("GET", f"/api/lists/list%20{number}").json()["entries"]
    return added, entries[0] if entries else None


def template(name: str) -> Send:
    """Return what makes an export template with a text in a field, and tells what was kept."""

    def send(api: Api, text: str, number: int) -> tuple[Response, Any]:
        made = api("POST", "/api/export-templates", {"name": f"template {number}", "row": "x", name: text})
        return made, made.json().get(name)

    return send


def described_field(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Make a field with a description, and tell what was kept."""
    given = {"owner": "contact", "name": f"field_{number}", "kind": "integer", "description": text}
    made = api("POST", "/api/fields", given)
    return made, made.json().get("description")


def named_field(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Make a field of a name, and tell what was kept."""
    del number
    made = api("POST", "/api/fields", {"owner": "contact", "name": text, "kind": "integer"})
    return made, made.json().get("field", "").partition(".")[2] or None


def customer(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Make a customer of a name, and tell what was kept."""
    made = api("POST", "/api/customers", {"key": f"K{number}", "name": text})
    return made, api("GET", f"/api/customers/K{number}").json().get("name")


def keyed(api: Api, text: str, number: int) -> tuple[Response, Any]:
    """Make a contact with a key, find it where it is said to be, and tell its key."""
    del number
    made = api("POST", "/api/contacts", {"key": text})
    if made.status_code != 201:
        return made, None
    named = unquote(made.headers["Location"].removeprefix("/api/contacts/"))
    return made, named if "/" in named else api("GET", made.headers["Location"]).json()["key"]


FIELDS: Final[Mapping[str, Send]] = {
    **{f"a segment's {name}": segment(name) for name in ("name", "description", "tags")},
    "a version's note": noted,
    "a list's name": listed,
    "a list's entry": entered,
    **{f"a template's {name}": template(name) for name in ("name", "row", "header", "footer", "extension")},
    "a template's media type": template("media_type"),
    "a field's description": described_field,
    "a field's name": named_field,
    "a customer's name": customer,
    "a contact's key": keyed,
}
AS_IT_IS: Final = {f"a template's {name}" for name in ("row", "header", "footer")}
"""Where every letter counts, blanks and forms of letters too."""


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_kept_comes_back_and_what_is_not_is_refused(name: str, api: Api, shop: Application) -> None:
    numbers, kept = count(), 0
    for text in naughty():
        answer, told = FIELDS[name](api, text, next(numbers))
        if answer.status_code in CLEAR:
            problem = answer.json()
            assert "" not in (problem["code"], problem["detail"]), (text, problem)
        else:
            assert answer.status_code in {200, 201}, (text, answer.text)
            kept += told is not None
            again, unchanged = FIELDS[name](api, told, next(numbers)) if told else (answer, told)
            assert again.status_code == 409 or unchanged == told, (text, told, unchanged)
            assert name not in AS_IT_IS or told == text, (text, told)
    assert kept > 0


@pytest.mark.parametrize(
    "path", ["/api/rules/check", "/api/rules/preview", "/api/rules/say", "/api/rules/analyse", "/api/rules/complete"]
)
def test_a_hostile_text_in_place_of_a_rule_is_refused_clearly(path: str, api: Api, shop: Application) -> None:
    for text in naughty():
        for rule in (text, f'contact.last_name = "{text}"', f"contact.last_name = {json.dumps(text)}"):
            answer = api("POST", path, {"rule": rule})
            assert answer.status_code in {200, *CLEAR}, (rule, answer.text)


def test_a_hostile_text_where_contacts_are_searched_finds_nobody(api: Api, germans: Segment) -> None:
    for text in naughty():
        for path in ("/api/contacts?search=", "/api/segments?search=", f"/api/segments/{germans.id}/members?cursor="):
            answer = api("GET", path + quote(text[:2_000], safe=""))
            assert answer.status_code in {200, *CLEAR}, (text, answer.text)
