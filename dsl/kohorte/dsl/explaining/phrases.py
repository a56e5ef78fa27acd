"""The phrases of explanations in each language; what stands in them is said by ``kohorte.dsl.sentences``."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from attrs import frozen

from kohorte.dsl.sentences import english_times, german_times


@frozen
class Phrases:
    """One language. Braces stand for clauses, instants and values."""

    because: Mapping[bool, str]
    of_all: Mapping[bool, str]
    changes: str
    cannot: str
    unknown: str
    flips: Mapping[bool, str]
    unless: str
    not_before: str
    for_good: str
    link: str
    more_conditions: str
    now: str
    example: str
    missing: str
    withheld: str
    truth: Mapping[bool, str]
    more: str
    less: str
    fewer: str
    instant: str
    day: Callable[[date], str]
    instant_named: Callable[[datetime], str]


ENGLISH: Final = Phrases(
    because={True: "In, because {reasons}.", False: "Not in, because {reasons}."},
    of_all={True: "In: the rule selects everybody.", False: "Not in: the rule selects nobody."},
    changes="This changes as soon as {changes}.",
    cannot="Nothing in the record could change that at this instant.",
    unknown="No change was found that would alter that.",
    flips={True: "Will leave on {instant}{unless}.", False: "Will enter on {instant}{unless}."},
    unless=" unless before then {changes}",
    not_before="Stays so at least until {instant} unless the data change.",
    for_good="Stays so as long as the data do not change.",
    link=" and ",
    more_conditions="{count} more conditions",
    now="now: {value}",
    example="for example: {value}",
    missing="not known",
    withheld="withheld",
    truth={True: "yes", False: "no"},
    more="{value} more",
    less="{value} less",
    fewer="{value} fewer",
    instant="{instant} ({zone})",
    day=english_times.written,
    instant_named=english_times.instant_named,
)
GERMAN: Final = Phrases(
    because={True: "Dabei, weil {reasons}.", False: "Nicht dabei, weil {reasons}."},
    of_all={True: "Dabei: Die Regel wählt alle aus.", False: "Nicht dabei: Die Regel wählt niemanden aus."},
    changes="Das ändert sich, sobald {changes}.",
    cannot="Nichts am Datensatz könnte das zu diesem Zeitpunkt ändern.",
    unknown="Es wurde keine Änderung gefunden, die daran etwas ändert.",
    flips={True: "Scheidet am {instant} aus{unless}.", False: "Kommt am {instant} hinzu{unless}."},
    unless=", es sei denn, dass {changes}",
    not_before="Bleibt mindestens bis zum {instant} so, solange sich die Daten nicht ändern.",
    for_good="Bleibt so, solange sich die Daten nicht ändern.",
    link=" und ",
    more_conditions="{count} weitere Bedingungen",
    now="jetzt: {value}",
    example="zum Beispiel: {value}",
    missing="unbekannt",
    withheld="nicht gezeigt",
    truth={True: "Ja", False: "Nein"},
    more="{value} mehr",
    less="{value} weniger",
    fewer="{value} weniger",
    instant="{instant} ({zone})",
    day=german_times.written,
    instant_named=german_times.instant_named,
)
PHRASES: Final[Mapping[str, Phrases]] = {"en": ENGLISH, "de": GERMAN}
