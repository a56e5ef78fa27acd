"""Rules said in plain English and German, so that people who do not know the language know what a rule selects.

Everything is made from the typed tree, in negation normal form: one way to say each meaning, whatever way it was
written; two rules of different meaning are never said alike. ``spelled`` gives back the capitals that conditions no
longer have (``spellings`` finds them in the syntax tree); ``CompiledRule.say`` and ``.label`` do that by themselves.
"""

from collections.abc import Mapping

from kohorte.core.fields import Catalogue
from kohorte.dsl.normal import push_negations
from kohorte.dsl.sentences.clauses import OUTSIDE
from kohorte.dsl.sentences.labels import label_of
from kohorte.dsl.sentences.reading import read
from kohorte.dsl.sentences.said import Line, Piece, Said, lines_of, pieces_of, said_of, text_of
from kohorte.dsl.sentences.telling import Language, spellings, teller
from kohorte.dsl.sentences.vocabulary import FieldWords, Gender, Noun, RowWords, Words
from kohorte.dsl.typed import Checked, Condition

__all__ = [
    "FieldWords",
    "Gender",
    "Language",
    "Line",
    "Noun",
    "Piece",
    "RowWords",
    "Said",
    "Words",
    "clause",
    "label",
    "lines",
    "pieces",
    "said",
    "sentence",
    "spellings",
]


def sentence(
    checked: Checked,
    language: Language,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
    home: str | None = None,
) -> str:
    """Return what a rule selects: one sentence where it is small, else a heading and a nested list, line by line.

    ``words`` are those for a catalogue other than Kohorte's; ``catalogue`` tells who its subject is. ``home`` is the
    zone that goes without saying; another one is named where days and times hang on it.
    """
    told = teller(language, words=words, catalogue=catalogue, spelled=spelled)
    running = pieces_of(checked, told, home=home)
    if running is not None:
        return "".join(piece.text for piece in running)
    return text_of(lines_of(said_of(checked, told, home=home)))


def pieces(
    checked: Checked,
    language: Language,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
    home: str | None = None,
) -> tuple[Piece, ...] | None:
    """Return the one sentence in pieces, each with the stretch of the source that it says.

    None for a rule that is too large for one sentence; ``said`` and ``lines`` have the spans of any rule.
    """
    return pieces_of(checked, teller(language, words=words, catalogue=catalogue, spelled=spelled), home=home)


def said(
    checked: Checked,
    language: Language,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
    home: str | None = None,
) -> Said:
    """Return a rule of any size as nested parts, each a clause with the stretch of the source that it says."""
    return said_of(checked, teller(language, words=words, catalogue=catalogue, spelled=spelled), home=home)


def lines(
    checked: Checked,
    language: Language,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
    home: str | None = None,
) -> tuple[Line, ...]:
    """Return a rule of any size as the lines of a nested list, with their depths and spans."""
    told = said(checked, language, words=words, catalogue=catalogue, spelled=spelled, home=home)
    return tuple(lines_of(told))


def clause(
    condition: Condition,
    language: Language,
    *,
    subordinate: bool = False,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
) -> str:
    """Return what a condition says of the subject: their country is “DE” (or not known).

    ``subordinate`` is the form after *because* and *if*, which in German puts the verb last: (weil) sein Land „DE“ ist.
    A negated condition is given as such; conditions with parts stand on one line, with brackets where they are nested.
    """
    told = teller(language, words=words, catalogue=catalogue, spelled=spelled)
    return told.inline(read(push_negations(condition)), OUTSIDE, subordinate=subordinate)


def label(
    checked: Checked,
    language: Language,
    length: int = 60,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
) -> str:
    """Return a label for a list: wholesale · ≥ 3 purchases in 90 days; never more than ``length`` characters (≥ 1).

    It leaves out what does not fit and says so; unlike sentences, labels of different rules may be alike.
    """
    told = teller(language, words=words, catalogue=catalogue, spelled=spelled)
    return label_of(checked, language, told, length)
