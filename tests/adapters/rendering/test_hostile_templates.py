"""Templates made to escape, to run for ever, or to fill the memory are refused, or stopped within limits.

``KOHORTE_GOLDEN=1`` writes the golden file anew; read the difference before you commit it.
"""

import os
import tracemalloc
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kohorte.adapters.rendering import JinjaRendering, Limits
from kohorte.adapters.rendering.words import DEEPEST
from kohorte.core.exports.model import LONGEST
from kohorte.core.ports.rendering import Exported, Parts, TemplateError, TemplateLimit, TemplateRefused
from kohorte.core.testing.fakes import NOON

GOLDEN = Path(__file__).parent / "golden" / "hostile.txt"
ABOUT = Exported("all", NOON, ZoneInfo("UTC"))
LONG = "x" * 10_000

ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ '' | attr('__class__') }}",
    "{{ contact.__class__ }}",
    "{{ contact['email'] }}",
    "{{ contact }}",
    "{{ contact.email.upper() }}",
    "{{ contact.email.format(contact) }}",
    "{{ '{0.__class__}'.format(contact) }}",
    "{{ contact.email.__init__.__globals__ }}",
    "{{ [].__class__ }}",
    "{{ {}.items() }}",
    "{{ self }}",
    "{{ self.__init__ }}",
    "{{ loop }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__ }}",
    "{{ joiner }}",
    "{{ namespace() }}",
    "{{ dict(a=1) }}",
    "{{ range(10) }}",
    "{{ get_flashed_messages }}",
    "{{ config }}",
    "{{ request }}",
    "{{ _budget }}",
    "{{ _zone }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ contact.email | _joined }}",
    "{{ contact.email | _passes }}",
    "{{ contact.email | map('upper') }}",
    "{{ contact.email | xmlattr }}",
    "{{ contact.email is callable }}",
    "{{ contact.email is filter('x') }}",
    "{{ csv(*contact.email) }}",
    "{{ contact.email | csv(*['a']) }}",
    "{{ contact.email | csv(**{'a': 1}) }}",
    "{% set a = 1 %}",
    "{% set a %}b{% endset %}",
    "{% macro m() %}{{ m() }}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% include 'row' %}",
    "{% import 'row' as row %}",
    "{% from 'row' import x %}",
    "{% extends 'row' %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{{ a }}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% do contact.clear() %}",
    "{% break %}",
    "{% debug %}",
    "{% trans %}a{% endtrans %}",
    "{% for a in [1] %}{% for b in [1] %}{% endfor %}{% endfor %}",
    "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for a in [1] %}{{ loop.cycle(1, 2) }}{% endfor %}",
    "{% for a in [1] %}{{ loop._iterator }}{% endfor %}",
    "{% for a in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for a, b in [1] %}{% endfor %}",
    "{% for contact in [1] %}{% endfor %}",
    "{% for _budget in [1] %}{% endfor %}",
    "{% for a in [1] %}{% endfor %}{{ a }}",
    "{{ 9 ** 9 }}",
    "{{ '\\ud800' }}",
    "{{ a b }}",
    "{{ contact.email",
    "{% if %}",
    "{% endif %}",
    "{{ 9" + "9" * 5_000 + " }}",
    "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    "{{ " + "not " * 3_000 + "1 }}",
    "{{ " + "-" * 3_000 + "1 }}",
    "{{ 1" + " + 1" * 3_000 + " }}",
    "{{ 1" + " and 1" * 3_000 + " }}",
    "{{ 1" + " | json" * 2_000 + " }}",
    "{% if 1 %}" * 300 + "{% endif %}" * 300,
    "{% if 1 %}" + "{% elif 1 %}" * 1_000 + "{% endif %}",
    "{{ " + "[" * 300 + "]" * 300 + " }}",
]
STOPPED = [
    "{{ '%s' % contact.email }}",
    "{{ " + "~".join(["contact.email"] * 1_200) + " }}",
    "{% for t in [contact.email] %}{{ " + "~".join(["t"] * 9_000) + " }}{% endfor %}",
    "{{ contact.email }}" * 1_000,
    "{{ contact.email | replace('x', '" + "y" * 10_000 + "') }}",
    "{{ contact.email" + " | replace('x', 'xxxx')" * (DEEPEST - 5) + " }}",
    "{{ '\"' ~ contact.email" + " | json" * (DEEPEST - 5) + " }}",
    "{{ '<' ~ contact.email" + " | replace('x', '<') | xml | replace('&', '&&&&')" * 10 + " }}",
    "{{ [" + ", ".join(["contact.email"] * 1_200) + "] | join }}",
    "{{ [" + "1," * 3_000 + "] | join('" + "b" * 10_000 + "') }}",
    "{% for t in [" + "1," * 5_000 + "] %}{{ contact.email }}{% endfor %}",
    "{{ 'a' * 1000000000 }}",
    "{{ ['a'] * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ contact.email | date('%999999999Y') }}",
    "{{ number | truncate(1) / 0 }}",
]


def rendered(source: str) -> Iterator[str]:
    """Fill in a template, for which time stands: what ends now ends by what it is."""
    return JinjaRendering(Limits(), lambda: 0.0).render(Parts(row=source), ("contact.email",), [(LONG,)], ABOUT)


@pytest.mark.parametrize("source", ESCAPES, ids=range(len(ESCAPES)))
def test_what_no_template_may_say_is_refused_before_it_is_stored(source: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        JinjaRendering().columns(Parts(row=source))
    assert refused.value.line == 1


@pytest.mark.parametrize("source", STOPPED, ids=range(len(STOPPED)))
def test_what_grows_or_does_not_fit_is_stopped_within_little_memory(source: str) -> None:
    assert len(source) <= LONGEST
    tracemalloc.start()
    try:
        with pytest.raises(TemplateError):
            list(rendered(source))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


def test_what_is_said_of_hostile_templates() -> None:
    told = [f"{source}\n    {said(source)}" for source in (*ESCAPES, *STOPPED) if len(source) < 200]
    text = "\n".join(told) + "\n"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def said(source: str) -> str:
    with pytest.raises(TemplateError) as refused:
        list(rendered(source))
    return f"{refused.value.code}: {refused.value.text()} {refused.value.advice()}"


def test_a_text_may_be_as_long_as_its_limit_and_no_longer() -> None:
    limits = Limits(text=10)
    assert list(JinjaRendering(limits).render(Parts(row="x" * 10), (), [()], ABOUT)) == ["", "x" * 10, ""]
    for parts in (Parts(row="x" * 11), Parts("x" * 11), Parts(row="", footer="{{ count }}" * 11)):
        with pytest.raises(TemplateLimit):
            list(JinjaRendering(limits).render(parts, (), [()], ABOUT))


def test_all_texts_together_have_a_limit() -> None:
    written = JinjaRendering(Limits(total=100)).render(Parts(row="x" * 10), (), ((),) * 1_000, ABOUT)
    taken: list[str] = []
    with pytest.raises(TemplateLimit):
        taken.extend(written)
    assert sum(map(len, taken)) <= 100


def test_a_text_that_takes_too_long_is_stopped_within_a_loop_that_writes_nothing() -> None:
    seconds = count()
    rendering = JinjaRendering(Limits(text_seconds=50), lambda: next(seconds))
    source = "{% for each in [" + "1," * 1_000 + "] %}{% if each == 2 %}{% endif %}{% endfor %}"
    with pytest.raises(TemplateLimit, match="50 seconds"):
        list(rendering.render(Parts(row=source), (), [()], ABOUT))
    assert next(seconds) < 60


def test_many_texts_that_take_long_are_stopped_together() -> None:
    seconds = count()
    rendering = JinjaRendering(Limits(text_seconds=50, total_seconds=100), lambda: next(seconds))
    written: list[str] = []
    with pytest.raises(TemplateLimit, match="too much"):
        written.extend(rendering.render(Parts(row="x"), (), ((),) * 1_000, ABOUT))
    assert 10 < len(written) < 200


def test_time_in_which_members_are_read_is_not_the_templates() -> None:
    seconds = [0.0]

    def rows() -> Iterator[tuple[object, ...]]:
        for _ in range(10):
            seconds[0] += 1_000_000
            yield ()

    rendering = JinjaRendering(Limits(), lambda: seconds[0])
    assert len(list(rendering.render(Parts(row="x"), (), rows(), ABOUT))) == 12


def test_nothing_is_filled_in_while_a_template_is_checked() -> None:
    JinjaRendering().columns(Parts(row="{{ 1 / 0 }}{{ 'a' | replace('a', 'b' * 1000000000) }}"))
