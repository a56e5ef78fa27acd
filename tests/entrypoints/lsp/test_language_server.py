"""A session of an editor with the language server, over pipes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.fields import Field, Kind
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.entrypoints.bootstrap import migrate_database, open_application
from tests.entrypoints.lsp.client import URI, Editor

SNIPPETS = {"textDocument": {"completion": {"completionItem": {"snippetSupport": True}}}}


@pytest.fixture
def new_editor(tmp_path: Path) -> Iterator[Editor]:
    """Return an editor whose server has only begun, and has no database."""
    editor = Editor.starting(tmp_path)
    yield editor
    editor.close()


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """Return an editor that tests share."""
    editor = Editor.starting(tmp_path_factory.mktemp("editor"))
    editor.initialize()
    yield editor
    editor.close()


def inserted(item: dict[str, Any]) -> str:
    return str(item["textEdit"]["newText"])


def test_a_session_from_opening_to_leaving(new_editor: Editor) -> None:
    editor = new_editor
    server = editor.initialize(**SNIPPETS)
    assert server["serverInfo"]["name"] == "kohorte"
    assert server["capabilities"]["documentFormattingProvider"]

    wrong = editor.open('contact.contry = "DE"')
    assert [(each["code"], each["range"]["start"]) for each in wrong] == [
        ("unknown_field", {"line": 0, "character": 0})
    ]

    actions = editor.about("codeAction", range=wrong[0]["range"], context={"diagnostics": wrong})
    assert actions[0]["title"] == "Write contact.country"
    assert actions[0]["edit"]["changes"][URI][0]["newText"] == "contact.country"

    assert editor.type("contact.country = 'DE' and contact.birthday ")
    offered = editor.at("completion", 0, 44)
    assert "in the last ${1:30} ${2:days}" in map(inserted, offered["items"])

    assert editor.type("contact.country = 'DE' AND contact.city is not empty\n") == []
    told = editor.at("hover", 0, 10)
    assert told["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 15}}
    assert "code, compared exactly" in told["contents"]["value"]

    edits = editor.about("formatting", options={"tabSize": 4, "insertSpaces": True})
    assert [each["newText"] for each in edits] == ['contact.country = "DE" and contact.city is set\n']

    coloured = editor.about("semanticTokens/full")["data"]
    names = server["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"]
    assert [names[each] for each in coloured[3::5]][:4] == ["namespace", "property", "operator", "string"]

    editor.tell("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert editor.diagnostics() == []
    assert editor.leave() == 0


def mended(editor: Editor, text: str, found: dict[str, Any]) -> str:
    """Return the text after the first fix of a finding, as an editor applies it."""
    action = editor.about("codeAction", range=found["range"], context={"diagnostics": [found]})[0]
    assert action["diagnostics"] == [found]
    edits = [(each["range"]["start"], each["range"]["end"], each["newText"]) for each in action["edit"]["changes"][URI]]
    for start, end, new in sorted(edits, key=lambda each: -each[0]["character"]):
        text = text[: start["character"]] + new + text[end["character"] :]
    return text


@pytest.mark.parametrize(
    ("text", "code", "severity", "at", "after"),
    [
        ('contact.country = "DE" and contact.country != "FR"', "redundant_part", 2, (27, 50), 'contact.country = "DE"'),
        ('any purchases(status = "a" and status != "b")', "redundant_part", 2, (31, 44), 'any purchases(status = "a")'),
        ('contact.country = "DE" and contact.country = "AT"', "contradiction", 2, (0, 49), None),
        (
            'contact.country != "DE"',
            "matches_missing",
            3,
            (0, 23),
            'contact.country != "DE" and contact.country is set',
        ),
    ],
)
def test_what_changes_nothing_or_matches_unseen_is_told_with_its_fix(
    editor: Editor, text: str, code: str, severity: int, at: tuple[int, int], after: str | None
) -> None:
    (found,) = editor.open(text)
    where = (found["range"]["start"]["character"], found["range"]["end"]["character"])
    assert (found["code"], found["severity"], where) == (code, severity, at)
    assert found.get("tags") == ([1] if code == "redundant_part" else None)
    if after is not None:
        assert mended(editor, text, found) == after
        assert editor.type(after) == []


LEGAL = """
from kohorte.core.fields import Catalogue, Field, Kind, Owner
from kohorte.core.testing.fakes import ListedReferences
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.entrypoints.lsp import serve

catalogue = Catalogue.of(Owner("contact", (Field("consent", Kind.CODE, legal=True),)))
serve(lambda: Knowledge(catalogue, ListedReferences("UTC")), str)
"""


def test_a_legal_fact_that_may_be_missing_is_an_error(tmp_path: Path) -> None:
    editor = Editor.running(tmp_path, "-c", LEGAL)
    try:
        editor.initialize()
        text = 'contact.consent != "withdrawn"'
        (found,) = editor.open(text)
        assert (found["code"], found["severity"]) == ("matches_missing", 1)
        after = mended(editor, text, found)
        assert after == 'contact.consent != "withdrawn" and contact.consent is set'
        assert editor.type(after) == []
        assert editor.leave() == 0
    finally:
        editor.close()


def test_after_several_changes_it_is_told_what_is_wrong_with_the_last(editor: Editor) -> None:
    editor.open("contact.city is set")
    for text in ("contact.cit", "contact.contry", 'contact.country = "DE'):
        editor.change(text)
    told = [each["code"] for each in editor.diagnostics()]
    for _ in range(2):  # on a slow machine there may be a pause between two changes
        if told != ["unclosed_text"]:
            told = [each["code"] for each in editor.diagnostics()]
    assert told == ["unclosed_text"]


def test_characters_beyond_the_basic_plane_count_twice(editor: Editor) -> None:
    found = editor.open('contact.city = "🍵🍵" and contact.contry = "x"')
    assert found[0]["range"]["start"]["character"] == 26
    items = editor.at("completion", 0, 36)["items"]
    assert items[0]["textEdit"]["range"] == {
        "start": {"line": 0, "character": 26},
        "end": {"line": 0, "character": 40},
    }
    assert inserted(items[0]) == "contact.country"


def test_lines_end_where_the_protocol_says_and_nowhere_else(editor: Editor) -> None:
    found = editor.open('contact.city = "a\u2028b"\r\nand contact.contry = "x"\rand contact.contry = "y"')
    assert [each["range"]["start"] for each in found] == [{"line": 1, "character": 4}, {"line": 2, "character": 4}]


def test_plain_text_is_inserted_for_an_editor_without_snippets(editor: Editor) -> None:
    editor.open("contact.birthday ")
    assert "in the last 30 days" in map(inserted, editor.at("completion", 0, 17)["items"])


def test_the_examples_behind_a_rule_stay_as_they_are(editor: Editor) -> None:
    found = editor.open("contact.city   is set\n\n---\nat noon\n")
    assert [(each["code"], each["range"]["start"]["line"]) for each in found] == [("invalid_rule_file", 3)]
    edits = editor.about("formatting", options={"tabSize": 4, "insertSpaces": True})
    assert edits[0]["newText"] == "contact.city is set\n\n"
    assert edits[0]["range"]["end"] == {"line": 2, "character": 0}
    assert editor.at("completion", 3, 3)["items"] == []


def test_garbage_and_cancelled_requests_do_no_harm(new_editor: Editor) -> None:
    editor = new_editor
    editor.initialize()
    editor.open("contact.city is set")
    editor.tell("$/cancelRequest", {"id": 99})
    editor.send_bytes(b"Content-Length: 7\r\n\r\n{broken")
    editor.send({"jsonrpc": "2.0", "id": "odd", "method": "textDocument/hover", "params": {"textDocument": 5}})
    editor.send({"jsonrpc": "2.0", "method": "no/such/thing", "params": []})
    assert editor.at("hover", 99, 99)["range"]["end"] == {"line": 0, "character": 19}
    assert editor.at("completion", 0, 10_000)["items"]
    editor.type("\ud83d ((((\x00 “ ` $ `")
    assert editor.at("completion", 0, 3) is not None
    assert editor.about("semanticTokens/full") is not None
    assert (
        editor.ask(
            "textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}
        )
        is None
    )
    assert editor.leave() == 0


def test_a_document_that_was_never_opened_is_not_read_from_the_disk(editor: Editor, tmp_path: Path) -> None:
    secret = tmp_path / "secret.kohorte"
    secret.write_text("contact.country", "utf-8")
    asked = {"textDocument": {"uri": secret.as_uri()}, "position": {"line": 0, "character": 3}}
    assert editor.ask("textDocument/hover", asked) is None


def test_the_tenant_s_own_fields_names_and_shared_values_are_known(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    migrate_database(database)
    application, ids = open_application(database), CountingIds(9_000)
    with application.storage.work(application.tenant("default")) as work:
        work.custom_fields.add(CustomField(ids.new(), "contact", Field("Größe", Kind.TEXT, custom=True), NOON))
        for number in range(6):
            city = "Köln" if number < 5 else "Ulm"
            work.contacts.save(Contact(ids.new(), f"C{number}", NOON, city=city, street="Am Markt 1"))
        work.commit()
    application.close()
    editor = Editor.starting(tmp_path, "--database", database)
    editor.initialize()
    try:
        assert editor.open('contact.city = "') != []
        items = editor.at("completion", 0, 16)["items"]
        assert [(inserted(each), each["detail"]) for each in items] == [('"Köln"', "5 contacts")]
        editor.type('contact.street = "')
        assert editor.at("completion", 0, 18)["items"] == []
        editor.type("contact.Gr")
        assert [inserted(each) for each in editor.at("completion", 0, 10)["items"]] == ["contact.`Größe`"]
        assert editor.leave() == 0
    finally:
        editor.close()
