"""Which language, whose words: what the functions of this package are given, made ready."""

from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Literal, cast

import attrs

from kohorte.core.fields import Catalogue
from kohorte.core.values import fold
from kohorte.dsl.sentences.clauses import Teller
from kohorte.dsl.sentences.english import English
from kohorte.dsl.sentences.german import German
from kohorte.dsl.sentences.tongue import Tongue
from kohorte.dsl.sentences.vocabulary import Words
from kohorte.dsl.syntax import ast

Language = Literal["en", "de"]
_TONGUES: Final[Mapping[str, Tongue]] = {"en": English(), "de": German()}
_SUBJECT: Final = "contact"


def teller(
    language: Language,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
) -> Teller:
    """Return a language with its words; Kohorte's own where none are given, and nouns by name for other subjects."""
    tongue = _TONGUES[language]
    subject = _SUBJECT if catalogue is None else catalogue.subject
    if words is None:
        words = tongue.words
        if subject != _SUBJECT:
            words = attrs.evolve(words, subject=tongue.called_subject(subject))
    return Teller(tongue, words, subject, spelled or {})


def spellings(rule: ast.Rule) -> dict[str, str]:
    """Return the texts of a rule by their folded form, as it writes them; the first spelling of each."""
    found: dict[str, str] = {}
    for text in _texts(rule):
        for spelling in (text.strip(), text):
            found.setdefault(fold(spelling), spelling)
    return found


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    """Return the attributes of a kind of node that may hold more of the tree."""
    return tuple(each.name for each in attrs.fields(cast("Any", kind)) if each.name not in {"span", "comments"})


def _texts(node: object) -> Iterator[str]:
    """Yield the texts in a syntax tree, from left to right."""
    todo: list[object] = [node]
    while todo:
        each = todo.pop()
        match each:
            case ast.Text(value=value):
                yield value
            case tuple():
                todo += reversed(cast("tuple[object, ...]", each))
            case ast.Node():
                if isinstance(each, ast.Did) and each.object_name is not None:
                    yield each.object_name
                todo += [getattr(each, name) for name in reversed(_names(cast("Hashable", type(each))))]
            case _:
                pass
