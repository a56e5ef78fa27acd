"""Templates write members as other programs want them: fields, filters, conditions, and lists."""

import csv
import html
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.rendering import JinjaRendering
from kohorte.core.ports.rendering import Exported, Parts, Rendering, TemplateError, TemplateFailed
from kohorte.core.testing.contracts import RenderingContract
from kohorte.core.testing.fakes import NOON
from kohorte.core.testing.strategies import texts
from kohorte.core.values import Money

ABOUT = Exported("lapsed", NOON, ZoneInfo("Europe/Berlin"))


class TestJinjaRendering(RenderingContract):
    @pytest.fixture
    def rendering(self) -> Rendering:
        return JinjaRendering()


def row(source: str, **values: object) -> str:
    """Return what a row becomes: values are those of the contact's fields."""
    columns = [f"contact.{name}" for name in values]
    (_, written, _) = JinjaRendering().render(Parts(row=source), columns, [tuple(values.values())], ABOUT)
    return written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "true"),
        (5, "5"),
        (Decimal("1.50"), "1.50"),
        (Money(Decimal("9.90"), "EUR"), "9.90 EUR"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 23, 30, tzinfo=UTC), "2024-02-29T23:30:00Z"),
        (("a", "b"), "a;b"),
        ('<b> & "é"', '<b> & "é"'),
    ],
)
def test_every_kind_of_value_has_the_form_of_exports(value: object, written: str) -> None:
    assert row("{{ contact.x }}", x=value) == written


@pytest.mark.parametrize(
    ("source", "value", "written"),
    [
        ("{{ contact.x | upper }}", "straße", "STRASSE"),
        ("{{ contact.x | lower }}", "ÄB", "äb"),
        ("{{ contact.x | trim }}", " a ", "a"),
        ("{{ contact.x | truncate(3) }}", "abcdef", "abc"),
        ("{{ contact.x | replace('.', ',') }}", Decimal("1.50"), "1,50"),
        ("{{ contact.x | default('none') }}", None, "none"),
        ("{{ contact.x | default('none') }}", "", ""),
        ("{{ contact.x | upper }}", None, ""),
        ("{{ contact.x | date('%d.%m.%Y') }}", date(2024, 2, 29), "29.02.2024"),
        ("{{ contact.x | date('%d.%m.%Y %H:%M') }}", datetime(2024, 2, 29, 23, 30, tzinfo=UTC), "01.03.2024 00:30"),
        ("{{ contact.x | date }}", None, ""),
        ("{{ contact.x | join(' + ') }}", ("a", "b"), "a + b"),
        ("{{ contact.x | json }}", ("a", 'b"'), '["a", "b\\""]'),
        ("{{ contact.x | json }}", None, "null"),
        ("{{ contact.x | json }}", "</script>", '"\\u003c/script\\u003e"'),
        ("{{ contact.x | xml }}", "<a b=\"c\"> & 'd'", "&lt;a b=&quot;c&quot;&gt; &amp; &#x27;d&#x27;"),
        ("{{ contact.x | url }}", "a b/ü?", "a%20b%2F%C3%BC%3F"),
        ("{{ contact.x | csv }}", "=1+1", "'=1+1"),
        ("{{ contact.x | csv(safe=false) }}", "=1+1", "=1+1"),
        ("{{ contact.x | csv }}", 'a "b"', '"a ""b"""'),
        ("{{ contact.x ~ '-' ~ number ~ '-' ~ true }}", "a", "a-1-true"),
        ("{{ contact.x * 2 + 1 }}", Decimal("1.50"), "4.00"),
        ("{{ -contact.x // 2 }} {{ contact.x % 2 }} {{ contact.x - 1 }}", 5, "-3 1 4"),
        ("{% if contact.x is none %}-{% elif contact.x > 3 and not contact.x == 7 %}x{% else %}y{% endif %}", 5, "x"),
        ("{{ 'in' if contact.x in ['a', 'b'] else 'out' }}", "a", "in"),
        (
            "{% for tag in contact.x %}{{ loop.index }}{{ tag }}{% if not loop.last %},{% endif %}{% endfor %}",
            ("a", "b"),
            "1a,2b",
        ),
        ("{{ contact.x if contact.x != 'a' }}", "a", ""),
        ("{% for tag in contact.x %}{{ tag }}{% else %}none{% endfor %}", (), "none"),
        ("{% for tag in contact.x if tag != 'a' %}{{ tag }}{% endfor %}", ("a", "b"), "b"),
        ("{% raw %}{{ contact.x }}{% endraw %}{# remark #}", "a", "{{ contact.x }}"),
    ],
)
def test_a_template_has_filters_conditions_sums_and_lists(source: str, value: object, written: str) -> None:
    assert row(source, x=value) == written


def test_lines_stay_as_they_were_written_but_for_those_of_tags() -> None:
    assert row("a\n  {% if true %}\nb\n  {% endif %}\nc\n") == "a\nb\nc\n"
    assert row("a\r\n{{ number }}\r\n") == "a\r\n1\r\n"


def test_fields_with_the_names_of_methods_and_words_are_fields() -> None:
    values = {"items": 1, "keys": 2, "in": 3, "Größe": 4}
    assert row("{{ contact.items }}{{ contact.keys }}{{ contact.in }}{{ contact.Größe }}", **values) == "1234"


def rows(source: str, values: Sequence[object]) -> str:
    written = JinjaRendering().render(Parts("[", source, "]"), ("contact.x",), [(each,) for each in values], ABOUT)
    return "".join(written)


@given(st.lists(texts() | st.none() | st.integers() | st.booleans()))
def test_json_of_any_values_is_read_back(values: list[object]) -> None:
    assert json.loads(rows("{% if number > 1 %},{% endif %}{{ contact.x | json }}", values)) == values


@given(texts())
def test_a_cell_of_any_text_is_read_back(text: str) -> None:
    written = row("{{ contact.x | csv(safe=false) }},{{ contact.x | csv(false) }}\r\n", x=text)
    assert [*csv.reader(io.StringIO(written, newline=""), strict=True)] == [[text, text]]


@given(texts())
def test_escaped_text_is_read_back(text: str) -> None:
    assert html.unescape(row("{{ contact.x | xml }}", x=text)) == re.sub("[\ufffe\uffff]", "\ufffd", text)
    assert unquote(row("{{ contact.x | url }}", x=text)) == text


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ contact.x + 1 }}", "geheim"),
        ("{{ contact.x + 1 }}", None),
        ("{{ contact.x > 1 }}", "geheim"),
        ("{{ 1 / contact.x }}", 0),
        ("{{ contact.x | date }}", "geheim"),
        ("{{ contact.x | date('%c') }}", date(2024, 1, 1)),
        ("{{ contact.x | truncate }}", "geheim"),
        ("{{ contact.x | truncate('a') }}", "geheim"),
        ("{{ contact.x | replace('', 'a') }}", "geheim"),
        ("{{ contact.x | join }}", "geheim"),
        ("{% for each in contact.x %}{{ each }}{% endfor %}", "geheim"),
        ("{{ contact.x | csv(1, 2, 3) }}", "geheim"),
    ],
)
def test_what_does_not_fit_a_value_fails_in_its_line_without_showing_the_value(source: str, value: object) -> None:
    with pytest.raises(TemplateFailed) as failed:
        row("\n\n" + source, x=value)
    assert failed.value.line == 3
    assert "geheim" not in failed.value.text() + failed.value.advice()
    assert failed.value.text().startswith("row, line 3: ")


def test_a_field_that_is_not_given_fails() -> None:
    with pytest.raises(TemplateFailed, match="not there"):
        row("{{ contact.y }}", x=1)


def test_an_error_tells_its_place_in_each_language() -> None:
    with pytest.raises(TemplateError) as failed:
        row("{{ 1 / contact.x }}", x=0)
    german = {"{part}, line {line}: {problem}": "{part}, Zeile {line}: {problem}", "row": "Zeile je Mitglied"}
    assert failed.value.text(lambda each: german.get(each, each)).startswith("Zeile je Mitglied, Zeile 1: ")
    assert str(failed.value) == failed.value.text()
