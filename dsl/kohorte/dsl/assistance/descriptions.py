"""What things are, in a sentence, with an example: operators, functions, kinds of field, and words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from kohorte.core.fields import Kind


@frozen
class Description:
    """A ``str.format`` template, and a rule that shows it at work."""

    template: str
    example: str = ""


KINDS: Final[Mapping[Kind, Description]] = MappingProxyType(
    {
        Kind.TEXT: Description("text; case does not count"),
        Kind.CODE: Description("code, compared exactly"),
        Kind.INTEGER: Description("whole number"),
        Kind.DECIMAL: Description("number with {scale} decimals"),
        Kind.MONEY: Description("amount of money in its currency"),
        Kind.BOOLEAN: Description("true or false"),
        Kind.DATE: Description("day"),
        Kind.INSTANT: Description("date and time"),
        Kind.ENUMERATION: Description("one of: {choices}"),
        Kind.TAGS: Description("set of tags"),
    }
)
MAY_LACK: Final = Description("It may be missing: then no comparison with it is true.")
NEVER_LACKS: Final = Description("It is never missing.")
LEGAL: Final = Description("It tells a legal fact: a missing value never counts as agreement.")

SHARED: Final = Description("{count} contacts")
COMMON: Final = Description("Common values: {values}")
CHOICE: Final = Description("one of the choices of {field}")
VERB: Final = Description("something that happened: {collection}")
PARAMETER: Final = Description("a value named at the head of this rule")
SEGMENT: Final = Description("the contacts of another segment")
LIST: Final = Description("a stored list of values")
ROWS: Final = Description("related rows: {fields}")
ROWS_TIMED: Final = Description("Windows such as last 90 days look at the field {time}.")
ROWS_PAST: Final = Description("Rows that lie ahead do not exist yet.")
NO_SUCH_SEGMENT: Final = Description("There is no such segment.")
NO_SUCH_LIST: Final = Description("There is no such list.")
STORED_MEMBERS: Final = Description("Its stored members are asked.")

FUNCTIONS: Final[Mapping[str, Description]] = MappingProxyType(
    {
        "count": Description("how many rows there are", "purchases(last 90 days).count >= 3"),
        "count distinct": Description("how many different values there are", "items.count distinct(product_code) >= 3"),
        "sum": Description("the sum, and 0 where there are no rows", "purchases.sum(amount) > 500 EUR"),
        "avg": Description("the average; missing where there are no rows", "purchases.avg(amount) > 50 EUR"),
        "min": Description("the least value; missing where there are no rows", "purchases.min(at) before 2024-01-01"),
        "max": Description("the greatest value; missing where there are no rows", "purchases.max(at) in last year"),
    }
)

WORDS: Final[Mapping[str, Description]] = MappingProxyType(
    {
        "and": Description("Both hold. With “or” on the same level parentheses say what is meant."),
        "or": Description("At least one holds. With “and” on the same level parentheses say what is meant."),
        "not": Description("Turns a condition round: exactly those match that did not.", "not any purchases"),
        "=": Description("is equal; of a day, lies on it", 'contact.country = "DE"'),
        "!=": Description("is not equal, or is missing", 'contact.country != "DE"'),
        "<": Description("is less", "purchases.count < 3"),
        "<=": Description("is less or equal", "purchases.count <= 3"),
        ">": Description("is greater", "purchases.count > 3"),
        ">=": Description("is greater or equal", "purchases.count >= 3"),
        "between": Description("lies between two values, both included", "purchases.count between 3 and 5"),
        "not between": Description("lies outside two values, or is missing", "purchases.count not between 3 and 5"),
        "in": Description("is one of these", 'contact.country in ("DE", "AT")'),
        "not in": Description("is none of these, or is missing", 'contact.country not in ("DE", "AT")'),
        "in list": Description("is an entry of a stored list", 'contact.email in list "vip"'),
        "not in list": Description("is no entry of a stored list, or is missing", 'contact.email not in list "vip"'),
        "in segment": Description("belongs to another segment at the same time", 'in segment "churned"'),
        "not in segment": Description("does not belong to another segment", 'not in segment "churned"'),
        "in sample": Description("belongs to a fixed share of all contacts", 'in sample 10 % of "autumn"'),
        "in zone": Description("the time zone of this rule's days", 'in zone "Europe/Berlin"'),
        "contains": Description("has this in it; of tags, has this tag", 'contact.city contains "burg"'),
        "does not contain": Description(
            "does not have this in it, or is missing", 'contact.city does not contain "burg"'
        ),
        "contains any of": Description("has at least one of the tags"),
        "contains all of": Description("has every one of the tags"),
        "starts with": Description("begins with this", 'contact.city starts with "Bad "'),
        "does not start with": Description(
            "does not begin with this, or is missing", 'contact.city does not start with "Bad "'
        ),
        "ends with": Description("ends with this", 'contact.city ends with "burg"'),
        "does not end with": Description(
            "does not end with this, or is missing", 'contact.city does not end with "burg"'
        ),
        "matches": Description("is like a pattern: * any text, ? one character", 'contact.city matches "B*g"'),
        "does not match": Description("is not like a pattern, or is missing", 'contact.city does not match "B*g"'),
        "exactly": Description("case counts", 'contact.last_name = exactly "McDonald"'),
        "is set": Description("has a value", "contact.email is set"),
        "is empty": Description("has no value", "contact.email is empty"),
        "is not set": Description("has no value", "contact.email is empty"),
        "is not empty": Description("has a value", "contact.email is set"),
        "before": Description("lies before this day or time", "contact.created_at before 2024-01-01"),
        "after": Description("lies after this day or time", "contact.created_at after 2024-01-01"),
        "on": Description("lies on this day", "contact.created_at on 2024-01-01"),
        "on or before": Description("lies on this day or earlier", "contact.created_at on or before 2024-01-01"),
        "on or after": Description("lies on this day or later", "contact.created_at on or after 2024-01-01"),
        "in the last": Description("lies in a stretch of time that ends now", "contact.created_at in the last 30 days"),
        "not in the last": Description("lies outside a stretch of time that ends now, or is missing"),
        "in the next": Description(
            "lies in a stretch of time that begins now", "any activities(at in the next 7 days)"
        ),
        "not in the next": Description("lies outside a stretch of time that begins now, or is missing"),
        "in this": Description("lies in the current calendar period", "contact.created_at in this month"),
        "in last": Description("lies in the calendar period before", "contact.created_at in last month"),
        "in next": Description("lies in the calendar period that follows", "any activities(at in next month)"),
        "not in this": Description("lies outside the current calendar period, or is missing"),
        "not in last": Description("lies outside the calendar period before, or is missing"),
        "not in next": Description("lies outside the calendar period that follows, or is missing"),
        "more than ago": Description("lies further back", "contact.created_at more than 30 days ago"),
        "less than ago": Description("lies less far back, and not ahead", "contact.created_at less than 30 days ago"),
        "has anniversary": Description(
            "returns yearly in these days; the day itself is none",
            "contact.birthday has anniversary in the next 7 days",
        ),
        "did": Description("It happened.", "did purchase in the last 30 days"),
        "did not": Description("It did not happen.", "did not purchase in the last 30 days"),
        "at least": Description("so many times or more often", "did purchase at least 3 times"),
        "at most": Description("so many times or fewer, also never", "did purchase at most 3 times"),
        "more than": Description("more often", "did purchase more than 3 times"),
        "less than": Description("less often, also never", "did purchase less than 3 times"),
        "where": Description("only such rows count", "did purchase where amount > 50 EUR"),
        "any": Description("there is such a row", "any purchases(last 90 days)"),
        "no": Description("there is no such row", "no purchases(last 90 days)"),
        "last": Description(
            "the newest row, or a time that ends now (last 90 days) or is just over (last month)",
            "purchases(last 90 days).count >= 3",
        ),
        "next": Description(
            "a time that begins now (next 7 days) or follows in the calendar (next month)",
            "activities(next 7 days).count > 0",
        ),
        "this": Description("the current calendar period", "purchases(this year).count > 0"),
        "today": Description("the day that it is in the rule's zone"),
        "yesterday": Description("the day before"),
        "tomorrow": Description("the day after"),
        "now": Description("the instant at which the rule is evaluated"),
        "let": Description("names a value for use in this rule", "let $least = 500 EUR"),
        "true": Description("yes"),
        "false": Description("no"),
    }
)
