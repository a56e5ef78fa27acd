"""What can be wrong with the text of a rule: each finding's code, what it says, and what to do.

The codes are stable: pages, translations and programs refer to them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from kohorte.dsl.errors import Message, Refusal, bracketing, replacing, suggest
from kohorte.dsl.syntax.ast import Node, Path, Span

# -- sizes ---------------------------------------------------------------------

EXPECTED: Final = "Expected here: {expected}."
_SMALLER: Final = 'Keep long lists as stored lists (in list "name") and parts as segments (in segment "name").'

RULE_TOO_LONG: Final = Message("rule_too_long", "The rule is longer than {limit} KiB.", _SMALLER)
TOO_MANY_WORDS: Final = Message("too_many_words", "The rule has more than {limit} words and signs.", _SMALLER)
TOO_DEEP: Final = Message(
    "too_deep",
    "More than {limit} brackets, not and arithmetic signs are nested here.",
    'Make the inner part a segment and write: in segment "name".',
)
NESTED_TOO_DEEP: Final = Message(
    "nested_too_deep",
    "Conditions are nested more than {limit} levels deep here.",
    'Make the inner part a segment and write: in segment "name".',
)
TOO_MANY_CONDITIONS: Final = Message(
    "too_many_conditions",
    "The rule has more than {limit} conditions.",
    'Write comparisons of one field as in ("a", "b"), or make parts segments: in segment "name".',
)
TEXT_TOO_LONG: Final = Message(
    "text_too_long",
    "This text is too long.",
    "A text in a rule may take {limit} bytes, which is about as many letters.",
)
LIST_TOO_LONG: Final = Message(
    "list_too_long",
    "The list has {count} entries; {limit} may stand in a rule.",
    'Keep it as a stored list and write: in list "name".',
)
NUMBER_TOO_LARGE: Final = Message("number_too_large", "{text} is larger than any field can hold.")

# -- what stands in it ---------------------------------------------------------------------------------------

CURLY_QUOTES: Final = Message(
    "curly_quotes",
    "These quotation marks come from a word processor.",
    'Rules use straight ones: "text".',
)
UNCLOSED_TEXT: Final = Message(
    "unclosed_text", "The text that begins here has no end.", "Close it on the same line with {quote}."
)
BAD_ESCAPE: Final = Message(
    "bad_escape",
    "{text} means nothing in a text.",
    'Write \\\\ for a backslash, \\" for a quotation mark, \\n for a new line, \\t for a tab.',
)
NO_SUCH_CHARACTER: Final = Message("no_such_character", "{text} is not a character.")
UNKNOWN_CHARACTER: Final = Message(
    "unknown_character", "{text} has no meaning in a rule.", "Remove it, or quote it as text."
)
NAME_NEEDS_BACKQUOTES: Final = Message(
    "name_needs_backquotes",
    "The name {text} has other letters or signs than a to z, 0 to 9 and _.",
    "Write it in backquotes: {fix1}.",
)
LATEST_WITHOUT_FIELD: Final = Message(
    "field_missing", "It is not said which field of the latest row is meant.", "Write it behind: last {name}.amount."
)
FUNCTION_OF_LATEST: Final = Message(
    "function_of_latest", "There is one latest row, and nothing to reckon over it.", "Name its field: {fix1}."
)
RESERVED_NAME: Final = Message(
    "reserved_name", "{name} is a word of the rule language.", "A field of this name is written in backquotes: {fix1}."
)
THOUSANDS: Final = Message(
    "thousands_separator",
    "{text} is not how numbers are written in rules.",
    "Numbers have a point before the decimals and nothing between the thousands: 1000 or 1000.50.",
)
LEADING_ZERO: Final = Message(
    "leading_zero",
    "A number does not begin with 0.",
    'Leave the zeros out; codes such as postal codes are texts: "{text}".',
)
DATE_FORM: Final = Message("date_form", "{text} is not how days are written.", "Write YYYY-MM-DD, such as 2024-02-29.")
NO_SUCH_DAY: Final = Message(
    "no_such_day", "{text} is not in the calendar.", "Days are written YYYY-MM-DD, instants like 2024-02-29T10:30:00Z."
)
CURRENCY_FORM: Final = Message(
    "currency_form", "Money is a number and the currency's three capital letters.", "Write it like 500 EUR."
)
UNKNOWN_CURRENCY: Final = Message(
    "unknown_currency",
    "{currency} is not a currency.",
    "Currencies are written by their ISO 4217 codes, such as EUR or USD.",
)
TOO_MANY_DECIMALS: Final = Message(
    "too_many_decimals",
    "{number} {currency} has too many decimals; {currency} has {scale} at most.",
    "Write thousands without a separator, and decimals after a point.",
)

# -- habits from elsewhere -----------------------------------------------------------------------------------

SIGN_FOR_WORD: Final = Message("sign_for_word", "{text} is not used in rules.", "Write {fix1}.")
WORD_FOR_WORD: Final = Message("word_for_word", "{text} is not used in rules.", "Write {fix1}.")
LIKE: Final = Message("like", "like is not used in rules.", 'Write contains, starts with, ends with, or matches "a*".')
NULL: Final = Message("null", "There is no null in rules.", "Ask whether a field is set or is empty.")
SEMICOLON: Final = Message("semicolon", "A rule has no semicolons.", 'Join conditions by "and" or "or".')
SQUARE_BRACKETS: Final = Message("square_brackets", "{text} is not used in rules.", "Lists stand in parentheses.")
DIVISION: Final = Message("division", "There is no division in rules.", "Multiply the other side instead.")
NOT_BEFORE_VERB: Final = Message("not_before_verb", "not {verb} is not how it is said.", "Write {fix1}.")
FIELD_IN_SEGMENT: Final = Message(
    "field_in_segment",
    "in segment stands alone: it is the contact who is in a segment.",
    'For the values of a field use a stored list: in list "name".',
)
FIELD_IN_SAMPLE: Final = Message(
    "field_in_sample",
    "in sample stands alone: it is the contact who is in a sample.",
    "Take the field away.",
)
SAMPLE_WITHOUT_PERCENT: Final = Message("percent_missing", "It is not said how large the sample is.", "Write {fix1}.")
SAMPLE_WITHOUT_NAME: Final = Message(
    "sample_without_name", "A sample has a name: samples of one name hold the same contacts.", "Write {fix1}."
)
CHAINED: Final = Message(
    "chained_comparison", "A comparison has two sides.", "Write two comparisons joined by and, or use between."
)
DAYS_AGO: Final = Message(
    "days_ago", "{text} is not a day by itself.", "Write more than 5 days ago, in the last 5 days, or today - 5 days."
)
TIMES_WITHOUT_BOUND: Final = Message(
    "times_without_bound",
    "Does this mean exactly {count}, or at least {count}?",
    "Say which: at least, at most, exactly.",
)
NUMBER_WORD: Final = Message("number_word", "Numbers are written in digits.", "Write {fix1}.")
MISSING_QUOTES: Final = Message("missing_quotes", "{text} is text and stands in quotation marks.", "Write {fix1}.")
CALL_HABIT: Final = Message("call_habit", "{text} is not how it is written in rules.", "Write {fix1}.")
AMOUNT_WITHOUT_UNIT: Final = Message(
    "amount_without_unit", "{text} of what?", "Add a unit of time, or compare with < or >."
)

# -- how conditions are built --------------------------------------------------------------------------------

EMPTY_RULE: Final = Message("empty_rule", "The rule is empty.", 'Write a condition, such as: contact.country = "DE"')
MIXED_AND_OR: Final = Message(
    "mixed_and_or",
    'Conditions are joined by "and" and by "or" here, without parentheses.',
    "Put what belongs together in parentheses: (a and b) or c is not a and (b or c).",
)
MIXED_WHERE: Final = Message(
    "mixed_where",
    'Does this "{word}" belong to the event, or to the rule?',
    '"where" takes one condition: put what belongs together in parentheses.',
)
FALSE_START: Final = Message("false_start", "A rule begins with its first condition.", "Leave {text} out.")
MISSING_BEFORE: Final = Message(
    "missing_condition", "A condition is missing before {word}.", 'Write one, such as: contact.country = "DE"'
)
MISSING_AFTER: Final = Message(
    "missing_condition", "A condition is missing after {word}.", 'Write one, such as: contact.country = "DE"'
)
MISSING_WORD: Final = Message("missing_word", "Something is missing after {text}.", EXPECTED)
BETWEEN_AND: Final = Message("between_and", "between takes two values joined by and.", "Write it like: between 1 and 5")
UNCLOSED_BRACKET: Final = Message(
    "unclosed_bracket", "This bracket is never closed.", "Put a ) where its content ends."
)
STRAY_BRACKET: Final = Message("stray_bracket", "This bracket closes nothing.", "Remove it, or open one before.")
WORD_MISSING: Final = Message("word_missing", "A word is missing before {text}.", "Write {fix1} before it.")
MISSING_JOINT: Final = Message(
    "missing_joint", "Two conditions stand side by side here.", 'Join them by "and" or "or".'
)
OPEN_HEADER: Final = Message("open_header", "A calculation in a parameter stands in parentheses.", "Write {fix1}.")
PARAMETER_SIGN: Final = Message("parameter_sign", "The name of a parameter begins with $.", "Write {fix1}.")
MISSING_COMMA: Final = Message(
    "missing_comma", "Entries of a list are parted by commas.", 'Write them like ("a", "b").'
)
LIST_WITHOUT_BRACKETS: Final = Message("list_without_brackets", "A list stands in parentheses.", "Write {fix1}.")
LIST_COMPARED: Final = Message("list_compared", "A field is compared with a list by in and not in.", "Write {fix1}.")
LIST_WITHOUT_FIELD: Final = Message(
    "list_without_field", "What should be in the list?", 'Write the field before it: contact.email in list "vip"'
)
NAME_AFTER_DOT: Final = Message(
    "name_after_dot", "A name is missing behind this dot.", "Write it like contact.country."
)
NAME_WITH_BLANK: Final = Message(
    "name_with_blank", "A name has no blank in it: {text}.", "Write {fix1}, or the name as it is in backquotes."
)
APOSTROPHE: Final = Message(
    "apostrophe", "This text ends at its own apostrophe.", "Put texts with an apostrophe in double quotation marks."
)
BLANK_AT_DOT: Final = Message("blank_at_dot", "A name goes on right after the dot.", "Write {fix1}.")
MISSPELT: Final = Message("misspelt", "{text} means nothing here.", "Did you mean {fix1}?")
UNEXPECTED: Final = Message("unexpected", "{text} does not fit here.", EXPECTED)
PERIOD_WITHOUT_NUMBER: Final = Message(
    "period_without_number", "How many {unit}s?", "A period counted from now needs a number, as in: {fix1}"
)
PERIOD_WITHOUT_UNIT: Final = Message("period_without_unit", "{text} of what?", "Add days, weeks, months or years.")
PERIOD_OR_CALENDAR: Final = Message(
    "period_without_number",
    "How many {unit}s are meant by {text}?",
    "Counted from now it is {fix1}; the calendar's own is written without the.",
)
TIMES_MISSING: Final = Message("times_missing", "{text} of what?", "Write {fix1}.")
PERIOD_WITHOUT_IN: Final = Message("period_without_in", "Here a period needs more words.", "Write {fix1}.")
WINDOW_BEHIND: Final = Message(
    "window_behind", "A period for rows stands in parentheses behind their name.", "Write {fix1}."
)
FILTER_WITHOUT_LAST: Final = Message("filter_without_last", "A period needs to say from when.", "Write {fix1}.")
DID_MISSING: Final = Message(
    "did_missing", "How often something happened is asked with did.", "Write did purchase at least 3 times."
)
AGO_MISSING: Final = Message("ago_missing", "The word ago is missing.", "Write {fix1}.")
SECOND_ZONE: Final = Message("second_zone", "The time zone is given twice.", "Keep one of the two.")
SECOND_PARAMETER: Final = Message("second_parameter", "The parameter ${name} is given twice.", "Keep one of the two.")
HEADER_LINE: Final = Message(
    "header_line", "The rule begins on the line of a parameter.", "Put it on a line of its own."
)
SAID_TWICE: Final = Message("said_twice", "This is said twice.", "Keep one of the two.")
TAGS_WITHOUT_LIST: Final = Message(
    "tags_without_list", "After any of and all of comes a list.", 'Write it like ("vip", "press").'
)
CALL_WITHOUT_FUNCTION: Final = Message(
    "call_without_function",
    "What is asked about {name}?",
    "Ask whether there are any, or count or sum them.",
)
CONDITION_IN_FUNCTION: Final = Message(
    "condition_in_function",
    "A field is expected here, not a condition.",
    "Conditions stand behind the collection's name.",
)


# -- findings that are made in more than one place ---------------------------------------------------------------


def unknown_currency(code: str, span: Span, currencies: Iterable[str]) -> Refusal:
    """Return the finding about a currency code that ISO 4217 does not list."""
    return Refusal.writing(UNKNOWN_CURRENCY, span, *suggest(code, currencies), currency=code)


def too_many_decimals(number: str, scale: int, currency: str, span: Span) -> Refusal:
    """Return the finding about ``1.000 EUR``, which a German reads as a thousand."""
    whole, _, decimals = number.partition(".")
    texts = [whole + decimals, whole + ("." + decimals[:scale] if scale else "")]
    return Refusal.writing(TOO_MANY_DECIMALS, span, *texts, number=number, currency=currency, scale=scale)


def mixed(span: Span, joined_by_and: Sequence[Span], joined_by_or: Sequence[Span]) -> Refusal:
    """Return the finding about ``a and b or c`` with both ways to bracket it."""
    fixes = (
        bracketing("Put parentheses around the conditions joined by and", *joined_by_and),
        bracketing("Put parentheses around the conditions joined by or", *joined_by_or),
    )
    return Refusal(MIXED_AND_OR, span, fixes=fixes)


def period_without_number(which: str, unit: str, span: Span) -> Refusal:
    """Return the finding about ``last days``."""
    texts = ["on today", "today"] if which == "this" else [f"{which} 30 {unit}s"]
    return Refusal.writing(PERIOD_WITHOUT_NUMBER, span, *texts, which=which, unit=unit)


def call_without_function(name: str, arguments: Sequence[Node], span: Span) -> Refusal:
    """Return the finding about ``purchases(…)`` of which nothing is asked, and about ``count(purchases)``."""
    behind, before = Span(span.end, span.end), Span(span.start, span.start)
    paths = [argument.names for argument in arguments if isinstance(argument, Path)]
    if name.lower() in {"count", "sum", "avg", "min", "max"} and paths:
        rows, field = paths[0][0], ", ".join(paths[0][1:])
        text = f"{rows}.{name.lower()}" + (f"({field})" if field else "")
        return Refusal.writing(CALL_HABIT, span, text, text=f"{name}(…)")
    fixes = (replacing("Count them", behind, ".count"), replacing("Ask whether there are any", before, "any "))
    return Refusal(CALL_WITHOUT_FUNCTION, span, fixes=fixes, name=name)
