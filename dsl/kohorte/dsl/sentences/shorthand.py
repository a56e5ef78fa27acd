"""The words that labels need; each language has one set of them."""

from collections.abc import Callable, Mapping

from attrs import frozen

from kohorte.dsl.sentences.periods import Period
from kohorte.dsl.sentences.vocabulary import Noun
from kohorte.dsl.typed import Function


@frozen
class Shorthand:
    """Templates of a language; {} is what they are about."""

    negation: str
    either: str
    """Between alternatives."""
    known: str
    missing: str
    none: str
    """Of rows."""
    absent: str
    present: str
    """Of what is taken from rows."""
    exactly: str
    on_list: str
    in_segment: str
    in_sample: str
    everybody: str
    nobody: str
    returns: str
    """The anniversary of something."""
    functions: Mapping[Function, str]
    first: Callable[[Noun], str]
    latest: Callable[[Noun], str]
    when: Callable[[Period], str]
    """A period behind rows, as short as it can be."""
    lies: Callable[[Period], str]
    """A period behind a day or an instant."""
