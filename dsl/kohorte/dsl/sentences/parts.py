"""What sentences are made of, before a language gives them words."""

from enum import Enum

from attrs import frozen

from kohorte.dsl.sentences.periods import Period
from kohorte.dsl.sentences.vocabulary import Noun, RowWords, Words
from kohorte.dsl.typed import Function


@frozen
class Clause:
    """A clause in the parts that word order moves about.

    Main: subject, verb, reflexive, rest, particle, after. Subordinate (German): reflexive, subject, rest, particle with
    verb, after.
    ``open`` says that it ends in a subordinate clause of its own, which wants a comma before anything that follows.
    """

    subject: str
    verb: str
    rest: str
    particle: str = ""
    joined: bool = False
    """The particle and the verb are one word where they meet (zurückliegt)."""
    after: str = ""
    open: bool = False
    pronoun: bool = False
    """Its subject is a pronoun, which the next clause need not repeat."""
    note: str = ""
    subordinate_note: str = ""
    """What is added in brackets, in both word orders."""
    reflexive: str = ""


class Unknown(Enum):
    """Why a negated condition holds although nothing is known: said behind it."""

    VALUE = "the value may be missing"
    EITHER = "one of two values may be missing"
    NONE = "there may be no row to take it from"
    CURRENCY = "the amount may be in another currency"
    VALUE_OR_CURRENCY = "the amount may be missing or in another currency"
    CURRENCIES = "one of two amounts may be missing, or their currencies may differ"


class Holder(Enum):
    """Whose a field is, seen from where it is spoken of."""

    SUBJECT = "the subject, which the sentence is about"
    SUBJECT_INSIDE = "the subject, spoken of inside a filter over rows"
    OWNER = "an owner beside the subject"
    OWNER_INSIDE = "the same, inside a filter over rows"
    ROW = "the row of the filter"


@frozen
class Held:
    """A holder, with its noun where it needs one."""

    holder: Holder
    noun: Noun | None = None


@frozen
class Quantity:
    """How many rows: from ``low`` to ``high``, both included; None is open."""

    low: int | None
    high: int | None
    negated: bool = False


@frozen
class Rows:
    """Rows that are spoken of: what they are called, when, and which of them.

    ``attribute`` follows the noun directly (with the status “paid”); ``filter`` is a clause, ``several`` if it has more
    than one condition. ``parent`` is the row whose lines they are, inside a filter.
    """

    words: RowWords
    when: Period | None = None
    attribute: str = ""
    filter: str = ""
    several: bool = False
    parent: Noun | None = None
    done: str = ""


@frozen
class Value:
    """What an aggregate takes from rows."""

    function: Function
    noun: Noun
    currency: str | None = None
    temporal: bool = False
    """It is a day or an instant: earlier, not smaller."""
    of_time: bool = False
    """It is the time of the rows itself: the first, the latest of them."""


@frozen
class Topic:
    """Who a rule is about, as the clauses at hand call them."""

    words: Words
    inside: bool = False
    """Inside a filter over rows, where a pronoun would mean the row."""
