"""The table of findings about what a rule means as a whole: one entry for each thing that analysis can say."""

from typing import Final

from kohorte.core.ports.rules import Severity
from kohorte.dsl.errors import Message

CONTRADICTION: Final = Message(
    "contradiction", "Nobody can ever match this rule.", "Its conditions exclude each other.", Severity.WARNING
)
ALWAYS_TRUE: Final = Message(
    "always_true", "Everybody always matches this rule.", "Its conditions leave nobody out.", Severity.WARNING
)
NEVER_HOLDS: Final = Message(
    "never_holds", "This never holds, whatever is stored.", "Change it, or take it out.", Severity.WARNING
)
ALWAYS_HOLDS: Final = Message(
    "always_holds", "This always holds, whatever is stored.", "Change it, or take it out.", Severity.WARNING
)
REDUNDANT_PART: Final = Message(
    "redundant_part",
    "This holds anyway wherever the rest holds, so that it changes nothing.",
    "Take it out, or change it.",
    Severity.WARNING,
)
DEAD_PART: Final = Message(
    "dead_part",
    "This adds nobody whom the rest does not match, so that it changes nothing.",
    "Take it out, or change it.",
    Severity.WARNING,
)
DEAD_IN_ROWS: Final = Message(
    "dead_part",
    "This lets no row through that the rest does not, so that it changes nothing.",
    "Take it out, or change it.",
    Severity.WARNING,
)
NO_ROW_PASSES: Final = Message(
    "never_holds",
    "No row ever passes these conditions.",
    "They exclude each other: change one of them.",
    Severity.WARNING,
)
MATCHES_MISSING: Final = Message(
    "matches_missing",
    "Whoever has no {field} matches this as well, only because the value is missing.",
    "Where only known values are meant, add: {fix1}.",
    Severity.HINT,
)
LEGAL_MISSING: Final = Message(
    "matches_missing",
    "Whoever has no {field} may match this, only because the value is missing. {field} must be known before it counts.",
    "Add: {fix1}.",
    Severity.ERROR,
)
MISSING_ROWS_COUNT: Final = Message(
    "matches_missing",
    "Rows without {field} count here as well, only because the value is missing.",
    "Where only known values are meant, add: {fix1}.",
    Severity.HINT,
)
NEW_MATCH_AS_WELL: Final = Message(
    "new_match_as_well",
    "Whoever became known only lately matches this as well, without having had the time.",
    "Where newcomers are not meant, add: {fix1}.",
    Severity.HINT,
)
PERCENT_MEANT: Final = Message(
    "percent_meant", "{number} is {percent} %.", "If {number} % is meant, write {fix1}.", Severity.HINT
)
FRACTION_MEANT: Final = Message(
    "percent_meant", "{number} % is {fraction}.", "If the fraction {number} is meant, write {fix1}.", Severity.HINT
)
UNLIKELY_YEAR: Final = Message(
    "unlikely_year", "The year {year} is unlikely.", "Write years with four digits, such as 2024.", Severity.HINT
)
