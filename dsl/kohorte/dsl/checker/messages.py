"""The table of findings about meaning: one entry for each thing that the checker can say.

Texts are templates for people who write segments. Entries that differ in their advice only share a code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kohorte.core.fields import Kind
from kohorte.core.ports.rules import Severity
from kohorte.dsl.errors import Message


def _unknown(code: str, template: str, hint: str) -> tuple[Message, Message]:
    """Return the finding that a name is unknown, first where a known one is near, then where none is."""
    return Message(code, template, "Did you mean {fix1}?"), Message(code, template, hint)


# -- names -------------------------------------------------------------------------------------------------------

UNKNOWN_FIELD: Final = _unknown(
    "unknown_field", "There is no field {name} in {owner}.", "The fields of {owner} are: {known}."
)
MEANT_AS_TEXT: Final = Message(
    "unknown_field", "There is no field {name}.", "If the text is meant, write it in quotation marks: {fix1}."
)
BARE_NAME: Final = Message("bare_name", "It is not said whose {name} is meant.", "Write {fix1}.")
UNKNOWN_OWNER: Final = _unknown("unknown_owner", "{name} is not known.", "Rules may speak of: {known}.")
OWNER_ALONE: Final = Message(
    "field_missing", "{name} is a record, not a field.", "Write one of its fields, such as {example}."
)
TOO_DEEP: Final = Message(
    "unknown_field", "{name} has too many parts.", "A field is written as owner and name, such as contact.country."
)
OWN_ROW_NAMED: Final = Message(
    "own_row_named", "Inside {collection}(…) the fields of a row stand alone.", "Write {fix1}."
)
FIELD_OF_ROWS: Final = Message(
    "field_of_rows",
    "{field} is a field of each of the {collection}, and there may be many.",
    "Ask whether there is such a row: any {collection}({field} …).",
)
FIELD_OF_ROWS_SUMMED: Final = Message(
    "field_of_rows",
    "{field} is a field of each of the {collection}, and there may be many.",
    "Ask for one number, such as {collection}.sum({field}), or for such a row: any {collection}({field} …).",
)
UNKNOWN_PARAMETER: Final = _unknown(
    "unknown_parameter", "There is no parameter ${name}.", "Give it a value at the top: let ${name} = …"
)
UNUSED_PARAMETER: Final = Message(
    "unused_parameter", "The parameter ${name} is not used.", "Use it, or take the line out.", Severity.WARNING
)
UNKNOWN_ZONE: Final = _unknown(
    "unknown_zone", "{name} is not a time zone.", "Write an IANA name such as Europe/Berlin or UTC."
)

# -- rows --------------------------------------------------------------------------------------------------------

UNKNOWN_ROWS: Final = _unknown("unknown_rows", "There are no rows called {name}.", "Known are: {known}.")
ROWS_ALONE: Final = Message(
    "rows_alone", "{name} stands for many rows.", "Ask for any {name}, no {name}, or compare {name}.count."
)
FOREIGN_ROWS: Final = Message(
    "foreign_rows", "Inside {row}(…) nothing can be asked about {name}.", "Only these belong to one row there: {known}."
)
NO_ROWS_INSIDE: Final = Message(
    "foreign_rows",
    "Inside {row}(…) nothing can be asked about {name}.",
    "Make it a condition of its own, joined by and.",
)
ROWS_WITHOUT_TIME: Final = Message(
    "rows_without_time", "{name} have no time, so that no window can be put over them.", "Compare one of their fields."
)
NONE_AHEAD: Final = Message(
    "nothing_ahead",
    "There are no {name} in the future, so that this never holds.",
    "Perhaps a window in the past is meant.",
    Severity.WARNING,
)
NONE_IS_LATEST: Final = Message(
    "rows_without_time", "{name} have no time, so that none is the latest.", "Ask for any {name}, or for a number."
)
LATEST_TAGS: Final = Message(
    "wrong_type",
    "{name} is a set of tags, and of the latest row only single values can be asked for.",
    "Ask whether there is such a row: any {collection}({name} contains …).",
)
LAST_BEHIND: Final = Message(
    "unknown_function", "A field of the latest row is asked for by words in front.", "Write {fix1}."
)
UNKNOWN_FUNCTION: Final = _unknown(
    "unknown_function", "{name} cannot be asked for.", "Known are: count, sum, avg, min, max and count distinct."
)
MISSPELT_FUNCTION: Final = Message(
    "unknown_function", "{name} cannot be asked for.", "Write {collection}.{function}(field)."
)
FUNCTION_WITHOUT_FIELD: Final = Message(
    "function_without_field", "It is not said of what the {function} is meant.", "Write {collection}.{function}(field)."
)
FUNCTION_OF_OTHER_KIND: Final = Message(
    "wrong_type",
    "There is no {function} of {name}.",
    "sum and avg need numbers or money, min and max also take dates; count distinct needs single values.",
)
COUNT_OF_A_FIELD: Final = Message(
    "count_of_a_field",
    "count counts rows and takes no field.",
    "To count how many different values there are, write count distinct({name}).",
)
DISTINCT_OF_OTHER: Final = Message("unknown_function", "{function} has no distinct.", "Write count distinct(field).")
ARGUMENT_NOT_A_FIELD: Final = Message("wrong_argument", "{text} is not a field.", "Write the name of a field here.")
ARGUMENT_OF_OTHERS: Final = Message("wrong_argument", "{text} is not a field of the {collection}.")
TOO_MANY_ARGUMENTS: Final = Message(
    "wrong_argument", "There is one thing too many here.", "Only a money field takes a currency, and nothing more."
)
NOT_A_CURRENCY: Final = Message(
    "wrong_argument", "{text} is not a currency.", "Write its three capital letters, such as EUR."
)
UNKNOWN_VERB: Final = _unknown("unknown_verb", "It is not known what {name} means.", "After did may stand: {known}.")
UNKNOWN_OBJECT: Final = _unknown("unknown_object", "did {verb} takes no {name}.", "It takes: {known}.")
NO_OBJECT: Final = Message("unknown_object", "did {verb} takes no {name}.", "Put a condition behind it: where …")
NOT_DONE_YET: Final = Message(
    "nothing_ahead",
    "Nobody did {verb} in the future, so that this never holds.",
    "Perhaps a window in the past is meant.",
    Severity.WARNING,
)
FIELD_AS_DAY: Final = Message(
    "constant_expected", "A day must stand here, not a field.", "Compare the row's field: where (field before …)."
)

# -- kinds -------------------------------------------------------------------------------------------------------

_WRONG: Final = "wrong_type"
WRONG_TYPE: Final[Mapping[Kind, Message]] = MappingProxyType(
    {
        Kind.TEXT: Message(_WRONG, "{found} is not a text.", 'Write a text in quotation marks, such as "Berlin".'),
        Kind.CODE: Message(_WRONG, "{found} is not a text.", 'Write a code in quotation marks, such as "DE".'),
        Kind.ENUMERATION: Message(_WRONG, "{found} is not a text.", "Write one of its words in quotation marks."),
        Kind.TAGS: Message(_WRONG, "{found} is not a tag.", 'Write a tag in quotation marks, such as "vip".'),
        Kind.INTEGER: Message(_WRONG, "{field} is a number, and {found} is none.", "Write a whole number, such as 3."),
        Kind.DECIMAL: Message(_WRONG, "{field} is a number, and {found} is none.", "Write a number, such as 1.50."),
        Kind.MONEY: Message(_WRONG, "{field} is money, and {found} is none.", "Write money as 500 EUR."),
        Kind.BOOLEAN: Message(_WRONG, "{field} is true or false, and {found} is neither.", "Write true or false."),
        Kind.DATE: Message(_WRONG, "{field} is a date, and {found} is none.", "Write a date as 2024-02-29, or today."),
        Kind.INSTANT: Message(
            _WRONG,
            "{field} is a date with a time, and {found} is none.",
            "Write 2024-02-29, 2024-02-29 10:30, or today.",
        ),
    }
)
UNKNOWN_CHOICE: Final = _unknown("unknown_choice", '{field} is never "{name}".', "It is one of: {known}.")
EMPTY_TEXT: Final = Message(
    "empty_text", "No text is ever empty: an empty one is kept as missing.", "Ask whether the field is empty."
)
NOT_ORDERED: Final = Message(
    "not_ordered", "{name} has no order, so that {sign} means nothing.", "Ask for = or !=, or for a list of values."
)
NOT_TEXT: Final = Message(
    "wrong_type", "{name} is not text, so that {test} means nothing.", "Compare it with = or < instead."
)
NOT_TAGS: Final = Message(
    "wrong_type", "{name} is not a set of tags.", 'For a single value, write in ("a", "b") instead.'
)
TAGS_COMPARED: Final = Message(
    "wrong_type", "{field} is a set of tags, which is not compared as a whole.", "Write contains {found}."
)
PART_OF_A_TAG: Final = Message(
    "wrong_type", "{name} is a set of tags, and {test} looks into a single text.", "Tags are asked for whole: contains."
)
NOT_LISTED: Final = Message("wrong_type", "Stored lists hold texts and codes, and {name} is neither.")
NOT_A_TIME: Final = Message(
    "wrong_type", "{name} is neither a date nor a date with a time.", "Only those can be before, after, or ago."
)
DATE_BESIDE_INSTANT: Final = Message(
    "wrong_type", "{one} and {other} cannot be compared: only one of them has a time of day."
)
INSTANT_BESIDE_DATE: Final = Message(
    "wrong_type", "A day is needed here, without a time of day.", "Write a date, today, or an expression from today."
)
DIFFERENT_KINDS: Final = Message("wrong_type", "{one} and {other} cannot be compared: they are of different kinds.")
AVERAGE_COMPARED: Final = Message(
    "average_compared",
    "An average compares with a written value only.",
    "Write a number or an amount on the other side.",
)
DURATION_COMPARED: Final = Message(
    "wrong_type", "{text} is a length of time, not a day.", "Write in the last {text}, or today - {text}."
)
HOURS_OF_A_DATE: Final = Message(
    "wrong_type", "A date has no time of day, so that hours and minutes cannot be counted.", "Count in days or longer."
)
HOURS_FROM_A_DAY: Final = Message(
    "wrong_type", "A day has no time of day, so that hours and minutes cannot be added.", "Reckon from now instead."
)
ON_AN_INSTANT: Final = Message(
    "wrong_type", "on asks for a whole day, and this has a time of day.", "Write the day alone, or on or after."
)

# -- operands and constants --------------------------------------------------------------------------------------

TWO_CONSTANTS: Final = Message(
    "constant_condition", "This compares two written values, not a field.", "Put a field on one of the sides."
)
CONSTANT_AS_SUBJECT: Final = Message(
    "constant_condition", "{text} is a written value, and a condition asks about a field.", "Begin with a field."
)
NOT_A_CONDITION: Final = Message(
    "not_a_condition",
    "{name} is not a condition: it is not said what is asked about it.",
    "Compare it, or ask whether it {fix1}.",
)
NUMBER_AS_CONDITION: Final = Message(
    "not_a_condition", "{name} is a number, not a condition.", "Compare it, such as {name} > 0."
)
NUMBER_NEVER_MISSING: Final = Message(
    "never_missing", "{name} is never missing: of no rows it is 0.", "Compare it, or ask for any rows or no rows."
)
ALWAYS_SET: Final = Message("never_missing", "{name} is always set.", "Every record has it.", Severity.WARNING)
ARITHMETIC_ON_FIELDS: Final = Message(
    "constant_expected",
    "Only written values can be reckoned with, not fields.",
    "Write a value, or reckon on the other side of the sign.",
)
NOT_CALCULABLE: Final = Message(
    "not_calculable",
    "This cannot be calculated.",
    "Numbers, amounts of one currency, and days with lengths of time such as today - 90 days can be.",
)
TOO_MANY_DURATIONS: Final = Message("not_calculable", "At most {limit} lengths of time can be added up.")
NOT_WHOLE: Final = Message("too_many_decimals", "{field} is a whole number, and {number} is none.", "Round it.")
TOO_MANY_DECIMALS: Final = Message(
    "too_many_decimals",
    "{number} has too many decimals; {field} has {scale} at most.",
    "Write thousands without a separator, and decimals after a point.",
)
OUT_OF_RANGE: Final = Message(
    "out_of_range", "{text} is out of range.", "Values stay within 1,000,000,000,000 of the smallest unit."
)
FIELD_AS_NEEDLE: Final = Message(
    "constant_expected", "A text must stand here, not a field.", 'Write it in quotation marks, such as "coffee".'
)
NOT_A_LIST: Final = Message("constant_expected", "A list must stand here.", 'Write it like ("DE", "AT").')
FIELD_IN_LIST: Final = Message(
    "constant_expected", "A list holds written values, not fields.", "Compare with the field by = and join by or."
)
NAME_IN_LIST: Final = Message(
    "constant_expected", "A list holds written values, and {name} is a name.", "If the text is meant, write {fix1}."
)
ENDS_BEFORE_START: Final = Message(
    "ends_before_start", "The end lies before the start, so that this never holds.", "Swap the two.", Severity.WARNING
)
EMPTY_WINDOW: Final = Message("empty_window", "A window needs a length.", "Write 1 or more, or today.")
WINDOW_TOO_LONG: Final = Message("window_too_long", "This is longer than {years} years.")

# -- money -------------------------------------------------------------------------------------------------------

AMOUNT_WITHOUT_CURRENCY: Final = Message(
    "currency_missing", "It is not said in which currency {number} is meant.", "Write {fix1}."
)
SUM_WITHOUT_CURRENCY: Final = Message(
    "currency_missing",
    "Amounts in different currencies are not added up.",
    "Name one behind the field, such as {example}.",
)
TWO_CURRENCIES: Final = Message(
    "two_currencies", "{one} and {other} cannot be compared.", "No currency is converted: write two conditions."
)
OTHER_CURRENCIES: Final = Message(
    "other_currencies",
    "Only rows in {currency} count here; there are others in {others}.",
    "No currency is converted. Add a condition for each of them where they matter.",
    Severity.WARNING,
)
CURRENCY_NOT_HELD: Final = Message(
    "other_currencies",
    "There are no rows in {currency}; there are some in {others}.",
    "No currency is converted.",
    Severity.WARNING,
)

# -- segments and lists ------------------------------------------------------------------------------------------

UNKNOWN_SEGMENT: Final = _unknown("unknown_segment", 'There is no segment "{name}".', "Create it first.")
BROKEN_SEGMENT: Final = Message(
    "broken_segment", 'The segment "{name}" has a rule that cannot be used: {reason}', "Mend its rule first."
)
SEGMENT_INSIDE: Final = Message(
    "segment_inside",
    "Inside {row}(…) a row is looked at, and segments have no rows.",
    "Make it a condition of its own, joined by and.",
)
SAMPLE_INSIDE: Final = Message(
    "sample_inside",
    "Inside {row}(…) a row is looked at, and samples are of contacts.",
    "Make it a condition of its own, joined by and.",
)
NO_SHARE: Final = Message(
    "out_of_range", "{number} % is no share of all contacts.", "A share lies between 0 % and 100 %."
)
SHARE_TOO_FINE: Final = Message(
    "too_many_decimals", "{number} % has too many decimals for a sample; {limit} at most.", "Round it."
)
SAMPLE_WITHOUT_SEED: Final = Message(
    "sample_without_name",
    "A sample has a name: samples of one name hold the same contacts.",
    'Write a text of your choice in the quotation marks, such as "control group".',
)
UNKNOWN_LIST: Final = _unknown("unknown_list", 'There is no stored list "{name}".', "Create and fill it first.")

# -- limits ------------------------------------------------------------------------------------------------------

TOO_LONG_A_LIST: Final = Message(
    "list_too_long",
    "The list has {count} entries.",
    'At most {limit} may stand in a rule. Keep longer ones as a stored list and write: in list "name".',
)
TOO_MANY_CONDITIONS: Final = Message(
    "too_many_conditions",
    "The rule has {count} conditions, with those of the segments that it refers to; at most {limit} are allowed.",
    "Values of one field can stand in one list: in (…).",
)
NESTED_TOO_DEEP: Final = Message(
    "nested_too_deep",
    "The conditions are nested {depth} deep, with those of the segments referred to; at most {limit} is allowed.",
    "Say the same with fewer parentheses.",
)

# -- words kept for later versions -------------------------------------------------------------------------------

_RESERVED: Final = "reserved"
RESERVED_ROWS: Final = Message(_RESERVED, "{name} cannot be asked about yet.", "The word is kept for a later version.")
RESERVED_VERB: Final = Message(
    _RESERVED, "did {verb} cannot be asked for yet.", "The word is kept for a later version, which keeps messages."
)
RESERVED_CONSENT: Final = Message(
    _RESERVED, "Consent cannot be asked for yet.", "The words are kept for a later version, which keeps consent."
)
RESERVED_CONVERSION: Final = Message(
    _RESERVED,
    "Nothing is converted into {currency} in this version.",
    "Compare amounts in the currency that they are in; the words are kept for later.",
)
RESERVED_REGEX: Final = Message(
    _RESERVED,
    "Regular expressions are not part of this version: databases do not agree on them.",
    'Use starts with, ends with, contains, or matches with * and ?: matches "A*z".',
)
