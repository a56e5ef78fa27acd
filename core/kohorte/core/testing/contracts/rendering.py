"""What everything that fills in templates promises; they are written in the language of Jinja."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.ports.rendering import Exported, Part, Parts, ReadColumn, Rendering, TemplateFailed, TemplateRefused
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.fakes import NOON
from kohorte.core.testing.strategies import texts

ABOUT = Exported("lapsed", NOON, ZoneInfo("Europe/Berlin"))
EMAIL = ("contact.email",)


class RenderingContract:
    """Subclass with a fixture ``rendering``."""

    @pytest.fixture
    def rendering(self) -> Rendering:
        """Return what fills in templates."""
        raise NotImplementedError

    def test_the_columns_that_a_row_reads_are_told_once_each_with_their_lines(self, rendering: Rendering) -> None:
        row = "{{ contact.email }},{{ contact.email }}\n{{ customer.name }}\n{{ entered_at }}"
        assert list(rendering.columns(Parts(row=row))) == [
            ReadColumn("contact.email", 1),
            ReadColumn("customer.name", 2),
            ReadColumn("entered_at", 3),
        ]

    def test_a_header_one_text_for_each_row_and_a_footer_are_written(self, rendering: Rendering) -> None:
        parts = Parts("{{ segment.name }} {{ at }}\n", "{{ number }} {{ contact.email }}\n", "{{ count }}")
        written = list(rendering.render(parts, EMAIL, [("a@example.com",), (None,)], ABOUT))
        assert written == ["lapsed 2024-05-15T12:00:00Z\n", "1 a@example.com\n", "2 \n", "2"]

    def test_nobody_is_written_between_header_and_footer(self, rendering: Rendering) -> None:
        assert list(rendering.render(Parts("[", "x", "]"), EMAIL, [], ABOUT)) == ["[", "]"]

    def test_rows_are_asked_for_one_by_one(self, rendering: Rendering) -> None:
        asked: list[int] = []

        def rows() -> Iterator[tuple[object, ...]]:
            for number in range(3):
                asked.append(number)
                yield (number,)

        written = rendering.render(Parts(row="{{ contact.email }}"), EMAIL, rows(), ABOUT)
        assert [(next(written), list(asked)) for _ in range(3)] == [("", []), ("0", [0]), ("1", [0, 1])]

    @over_one_storage
    @given(text=texts())
    def test_text_is_written_as_it_is(self, rendering: Rendering, text: str) -> None:
        parts = Parts(row="{{ contact.email }}{{ customer.name }}")
        (_, row, _) = rendering.render(parts, ("contact.email", "customer.name"), [(text, text)], ABOUT)
        assert row == text + text

    @pytest.mark.parametrize("part", list(Part))
    def test_what_cannot_be_read_is_refused_with_part_and_line(self, rendering: Rendering, part: Part) -> None:
        parts = Parts(**{each.value: "a\nb\n{{ }}\n" if each is part else "a" for each in Part})
        with pytest.raises(TemplateRefused) as refused:
            rendering.columns(parts)
        assert (refused.value.part, refused.value.line) == (part, 3)

    def test_what_fails_with_a_members_values_says_where_and_not_with_which(self, rendering: Rendering) -> None:
        written = rendering.render(Parts(row="a\n{{ 1 / contact.email }}"), EMAIL, [("geheim",)], ABOUT)
        with pytest.raises(TemplateFailed) as failed:
            list(written)
        assert (failed.value.part, failed.value.line) == (Part.ROW, 2)
        assert "geheim" not in failed.value.text() + failed.value.advice()

    @over_one_storage
    @given(source=st.text(alphabet="{}%#-| \n\"'ab.()[]~/", max_size=60))
    def test_any_text_is_a_template_or_refused(self, rendering: Rendering, source: str) -> None:
        refusal: TemplateRefused | None = None
        try:
            rendering.columns(Parts(row=source))
        except TemplateRefused as refused:
            refusal = refused
        assert refusal is None or (refusal.part is Part.ROW and refusal.line >= 1)
