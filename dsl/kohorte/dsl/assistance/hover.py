"""What the thing under the cursor is, with examples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from kohorte.core.errors import Translate, as_written
from kohorte.core.fields import Collection, Field, Kind
from kohorte.core.ports.rules import Severity
from kohorte.dsl.assistance import descriptions
from kohorte.dsl.assistance.descriptions import FUNCTIONS, KINDS, WORDS, Description
from kohorte.dsl.assistance.findings import findings
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.meaning import operand_of, scope_of
from kohorte.dsl.assistance.names import about_field
from kohorte.dsl.assistance.place import Place, kind_of, place_behind
from kohorte.dsl.assistance.word import names_in, whole_word
from kohorte.dsl.checker.scope import about
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.outline import scrap_start
from kohorte.dsl.syntax.phrases import flat, literal, path
from kohorte.dsl.syntax.scanner import Scrap, scraps
from kohorte.dsl.syntax.terminals import name_of
from kohorte.dsl.typed import FieldOf, Operand

_LONGEST_PHRASE: Final = 4
_VALUES: Final = 5


@frozen
class Line:
    """A sentence: a template and its values."""

    template: str
    values: Mapping[str, object] = field(factory=dict[str, object])

    def text(self, translate: Translate = as_written) -> str:
        """Return it in the language of ``translate``."""
        return translate(self.template).format(**self.values)


@frozen
class Hover:
    """What the stretch from ``start`` to ``end`` is: how it is written, what it means, and rules that use it."""

    start: int
    end: int
    title: str
    lines: tuple[Line, ...]
    examples: tuple[str, ...] = ()


def hover(text: str, at: int, knowledge: Knowledge) -> Hover | None:
    """Describe what stands at a place (a character offset); None where there is nothing to say.

    A field that the reader may not see is not described.
    """
    words = _around(text, at)
    index = next((place for place, word in enumerate(words) if word.start <= at < word.end), None)
    if index is None:
        index = next((place for place, word in enumerate(words) if word.end == at), None)
    if index is None:
        return None
    word = words[index]
    if word.kind == "text":
        return _of_text(words, index, knowledge)
    if word.kind in {"word", "name"}:
        return _of_name(text, words, index, knowledge) or _of_words(words, index)
    if word.kind == "parameter":
        place = place_behind(text[: word.start], knowledge.catalogue)
        return _of_parameter(word, place) if place else None
    return _of_words(words, index)


def _around(text: str, at: int) -> Sequence[Scrap]:
    """Return the words at a place, with as many before and behind it as a phrase may have."""
    words: list[Scrap] = []
    for scrap in scraps(text, scrap_start(text[:at], _LONGEST_PHRASE)):
        if scrap.kind != "comment":
            words.append(scrap)
            if len(words) > _LONGEST_PHRASE and words[-_LONGEST_PHRASE].start > at:
                break
    return words


# -- words of the language ---------------------------------------------------------------------------------------


def _of_words(words: Sequence[Scrap], index: int) -> Hover | None:
    """Describe the longest phrase of the language that a word is part of."""
    for length in range(_LONGEST_PHRASE, 0, -1):
        for first in range(max(0, index - length + 1), min(index, len(words) - length) + 1):
            said = words[first : first + length]
            phrase = " ".join(each.text.lower() for each in said)
            if described := WORDS.get(phrase):
                return Hover(said[0].start, said[-1].end, phrase, (Line(described.template),), _example(described))
    return None


def _example(described: Description) -> tuple[str, ...]:
    return (described.example,) if described.example else ()


# -- names -------------------------------------------------------------------------------------------------------


def _of_name(text: str, words: Sequence[Scrap], index: int, knowledge: Knowledge) -> Hover | None:
    start, end = whole_word(words, index)
    place = place_behind(text[:start], knowledge.catalogue)
    if place is None:
        return None
    items = place.items
    if items and kind_of(items[-1]) == "DOT":
        return _of_function(start, end, name_of(text[start:end]))
    if items and kind_of(items[0]) == "DID" and "NAME" in place.accepted:
        return _of_verb(start, end, name_of(text[start:end]), knowledge)
    if "PATH" not in place.accepted:
        return None
    return _of_path(start, end, names_in(text[start:end]), place, knowledge)


def _of_path(start: int, end: int, names: tuple[str, ...], place: Place, knowledge: Knowledge) -> Hover | None:
    scope = scope_of(knowledge.catalogue, knowledge.references, place.row, place.lets)
    operand = operand_of(ast.Path(names), scope)
    if isinstance(operand, FieldOf):
        return Hover(start, end, path(names), tuple(_about(operand, knowledge)), _examples(path(names), operand))
    rows = knowledge.catalogue.collections.get(names[0])
    if rows is None:
        return None
    if len(names) == 2:
        return _of_function(start, end, names[1])
    return Hover(start, end, rows.name, tuple(_about_rows(rows)), (f"any {path(names)}", f"{path(names)}.count >= 3"))


def _of_function(start: int, end: int, name: str) -> Hover | None:
    described = FUNCTIONS.get(name)
    return Hover(start, end, name, (Line(described.template),), _example(described)) if described else None


def _of_verb(start: int, end: int, name: str, knowledge: Knowledge) -> Hover | None:
    verb = knowledge.catalogue.verbs.get(name)
    if verb is None:
        return None
    line = Line(descriptions.VERB.template, {"collection": verb.collection})
    return Hover(start, end, f"did {name}", (line,), (f"did {name} in the last 30 days", f"did not {name}"))


def _about(operand: FieldOf, knowledge: Knowledge) -> Iterator[Line]:
    described = operand.field
    yield Line(KINDS[described.kind].template, about_field(described))
    yield Line((descriptions.MAY_LACK if described.nullable else descriptions.NEVER_LACKS).template)
    if described.legal:
        yield Line(descriptions.LEGAL.template)
    if known := knowledge.known_values(operand.owner, described.name, "")[:_VALUES]:
        yield Line(descriptions.COMMON.template, {"values": ", ".join(literal(each.value) for each in known)})


def _about_rows(rows: Collection) -> Iterator[Line]:
    yield Line(descriptions.ROWS.template, {"fields": ", ".join(rows.fields)})
    if rows.time is not None:
        yield Line(descriptions.ROWS_TIMED.template, {"time": rows.time})
    if rows.past_only:
        yield Line(descriptions.ROWS_PAST.template)


def _examples(text: str, operand: Operand) -> tuple[str, ...]:
    return tuple(f"{text} {test}" for test in _TESTS[about(operand).kind](about(operand)))


def _chosen(described: Field) -> tuple[str, ...]:
    return tuple(f"= {literal(each)}" for each in described.choices[:1])


_TESTS: Final[Mapping[Kind, Callable[[Field], tuple[str, ...]]]] = MappingProxyType(
    {
        Kind.TEXT: lambda _: ('contains "a"', "is set"),
        Kind.CODE: lambda _: ('= "a"', 'in ("a", "b")'),
        Kind.INTEGER: lambda _: (">= 3", "between 3 and 5"),
        Kind.DECIMAL: lambda _: (">= 3", "between 3 and 5"),
        Kind.MONEY: lambda _: ("> 50 EUR", "between 50 EUR and 100 EUR"),
        Kind.BOOLEAN: lambda _: ("= true", "= false"),
        Kind.DATE: lambda _: ("in the last 30 days", "has anniversary in the next 7 days"),
        Kind.INSTANT: lambda _: ("in the last 30 days", "more than 1 year ago"),
        Kind.ENUMERATION: _chosen,
        Kind.TAGS: lambda _: ('contains "a"', 'contains any of ("a", "b")'),
    }
)


# -- segments, lists, parameters ---------------------------------------------------------------------------------


def _of_text(words: Sequence[Scrap], index: int, knowledge: Knowledge) -> Hover | None:
    before = words[index - 1].word if index else ""
    word, name = words[index], words[index].text[1:-1]
    if before == "segment":
        return Hover(word.start, word.end, word.text, (_segment(name, knowledge),), _rule_of(name, knowledge))
    if before == "list":
        known = knowledge.references.stored_list(name) is not None
        line = Line((descriptions.LIST if known else descriptions.NO_SUCH_LIST).template)
        return Hover(word.start, word.end, word.text, (line,))
    return None


def _segment(name: str, knowledge: Knowledge) -> Line:
    found = knowledge.references.segment(name)
    if found is None:
        return Line(descriptions.NO_SUCH_SEGMENT.template)
    return Line((descriptions.STORED_MEMBERS if found.rule is None else descriptions.SEGMENT).template)


def _rule_of(name: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the rule of a segment, unless it speaks of what the reader may not see."""
    found = knowledge.references.segment(name)
    if (
        found is None
        or found.rule is None
        or any(each.severity is Severity.ERROR for each in findings(found.rule, knowledge))
    ):
        return ()
    return (found.rule,)


def _of_parameter(word: Scrap, place: Place) -> Hover | None:
    value = place.lets.get(word.text[1:])
    if value is None:
        return None
    return Hover(
        word.start, word.end, word.text, (Line(descriptions.PARAMETER.template),), (f"let {word.text} = {flat(value)}",)
    )
