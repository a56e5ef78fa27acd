"""Words for what a catalogue names: the subject, its fields, its rows, and what happened to them.

Kohorte's own catalogue has its words in ``english_words`` and ``german_words``. Whatever has none is called by its name
in quotation marks, so that an embedder's or a tenant's fields can be spoken of at once; ``Words.labelled`` gives them a
label, and an embedder who wants whole sentences builds ``Words`` of his own.
"""

from collections.abc import Mapping
from enum import Enum

from attrs import evolve, field, frozen


class Gender(Enum):
    """The grammatical gender of a German noun; English needs none."""

    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


@frozen
class Noun:
    """A noun with the forms that sentences need; the cases are German and default to the singular."""

    singular: str
    plural: str = ""
    gender: Gender = Gender.NEUTER
    genitive: str = ""
    dative: str = ""


@frozen
class FieldWords:
    """What a field is called.

    ``anniversary`` is what its yearly return is called (a birthday). ``happened`` is the participle of what happened to
    its owner at that instant (added). ``attribute`` says "with this value" of a row, with {} for the value.
    """

    noun: Noun
    anniversary: Noun | None = None
    happened: str = ""
    attribute: str = ""


@frozen
class RowWords:
    """What the rows of a collection are called, and the participle of what the subject did with them (made)."""

    noun: Noun
    done: str = ""


@frozen
class Words:
    """The words of one language for one catalogue.

    ``fields`` are found as ``contact.country``; ``done`` has participles by the instant that says when a row's subject
    did something with it (``messages.opened_at``: opened); ``labels`` are plain names of fields without words.
    """

    subject: Noun
    owners: Mapping[str, Noun] = field(factory=dict[str, Noun], hash=False)
    fields: Mapping[str, FieldWords] = field(factory=dict[str, FieldWords], hash=False)
    rows: Mapping[str, RowWords] = field(factory=dict[str, RowWords], hash=False)
    done: Mapping[str, str] = field(factory=dict[str, str], hash=False)
    labels: Mapping[str, str] = field(factory=dict[str, str], hash=False)

    def labelled(self, labels: Mapping[str, str]) -> "Words":
        """Return the words with labels for more fields, found as ``contact.score``."""
        return evolve(self, labels={**self.labels, **labels})
