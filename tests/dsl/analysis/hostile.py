"""Legal rules of about the greatest size, each made to give one part of the analysis as much work as it can."""

from collections.abc import Callable
from itertools import combinations
from typing import Final

FIELDS: Final = tuple(f"contact.{name}" for name in "abcdefxyz")
CURRENCIES: Final = ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK")


def every(count: int, condition: Callable[[int], str]) -> str:
    """Join so many conditions by ``and``."""
    return " and ".join(map(condition, range(count)))


def some(count: int, condition: Callable[[int], str]) -> str:
    """Join so many conditions by ``or``."""
    return " or ".join(map(condition, range(count)))


def listed(count: int, text: Callable[[int], str]) -> str:
    return ", ".join(f'"{text(number)}"' for number in range(count))


def field(number: int) -> str:
    return FIELDS[number % len(FIELDS)]


def alternatives(width: int) -> Callable[[int], str]:
    """Write a group of conditions on different fields, other ones for each number."""
    return lambda at: f"({some(width, lambda number: f'{field(at * width + number)} = {at // 3 + number}')})"


def chain(depth: int, width: int) -> str:
    """Nest ``and`` in ``or`` in ``and``."""
    rule = "contact.subscribed"
    for level in range(depth):
        joint = " and " if level % 2 else " or "
        rule = f"({joint.join([rule, *(f'{field(at + level)} > {at * level}' for at in range(width))])})"
    return rule


def pigeons(holes: int) -> str:
    """Ask for more numbers than there are, no two of them equal."""
    names = FIELDS[: holes + 1]
    apart = [
        f"({one} != {hole} or {other} != {hole})" for one, other in combinations(names, 2) for hole in range(holes)
    ]
    return " and ".join([*(f"{name} in ({', '.join(map(str, range(holes)))})" for name in names), *apart])


def filters(count: int, width: int, condition: Callable[[int], str]) -> str:
    """Count rows that pass filters of so many conditions, none of them like another."""
    return every(
        count,
        lambda at: f"purchases({every(width, lambda number: condition(at * width + number))}).count >= {1 + at % 5}",
    )


def period(at: int) -> str:
    return f"contact.renewed_on not between 2020-01-{1 + at % 28:02} and {2020 + at % 40}-06-01"


def window(at: int) -> str:
    return f"(contact.seen_at in the last {at + 1} days or contact.renewed_on in the next {at + 1} weeks)"


def pair(at: int) -> str:
    return f"({field(at)} < {field(2 * at + 1)} or {field(at + 3)} > {field(5 * at + 2)})"


def different(at: int) -> str:
    return f'purchases(status != "x{at}").count distinct(status) >= {40 + at % 9}'


def row(at: int) -> str:
    return f'(amount > {7 * at} EUR and status != "s{at}")'


HOSTILE: Final[dict[str, str]] = {
    "many alternatives": some(250, lambda at: f"contact.score between {2 * at} and {2 * at}"),
    "many exceptions": every(500, lambda at: f"{field(at)} != {at}"),
    "pairs of alternatives": every(250, alternatives(2)),
    "fives of alternatives": every(100, alternatives(5)),
    "pairs as alternatives": some(250, lambda at: f"({field(at)} > {at} and {field(at + 1)} < {at})"),
    "more pigeons than holes": pigeons(6),
    "the same again and again": every(500, lambda _: "contact.a > 1"),
    "the same group again and again": every(250, lambda _: "(contact.a = 1 or contact.b = 2)"),
    "groups within groups": chain(14, 24),
    "nots within nots": "not (" * 20 + every(250, alternatives(2)) + ")" * 20,
    "searches": every(400, lambda at: f'contact.city contains "w{at}x{at % 13}"'),
    "globs": every(360, lambda at: f'contact.city matches "*a{at}*b?c*"'),
    "globs over a list": f'contact.city in ({listed(400, lambda at: "abc" * 6 + str(at))}) and '
    + every(60, lambda at: f'contact.city matches "*a*b?c*{at}*b*"'),
    "long globs over long texts": f'contact.city in ({listed(7, lambda at: "a" * 1_000 + str(at))}) and '
    + every(9, lambda at: f'contact.city does not match "*{"a?" * 400}*{at}"'),
    "long lists": every(4, lambda at: f"contact.city not in ({listed(300, lambda number: f'c{number}x{at}')})"),
    "short lists": every(60, lambda at: f"contact.city not in ({listed(20, lambda number: f'c{number}x{at}')})"),
    "periods": some(240, period),
    "windows": every(180, window),
    "anniversaries": every(260, lambda at: f"contact.birthday has anniversary in the next {at + 1} days"),
    "anniversaries of instants": every(260, lambda at: f"contact.seen_at has anniversary in the next {at + 1} days"),
    "samples": every(500, lambda at: f'in sample {1 + at % 99} % of "s{at % 3}"'),
    "tags": every(200, lambda at: f"contact.tags contains any of ({listed(4, lambda number: f't{4 * at + number}')})"),
    "amounts": every(11, lambda at: f"not contact.limit > {at} {CURRENCIES[at % 10]}"),
    "pairs of fields": every(200, pair),
    "segments": every(165, lambda at: f'({field(at)} = {at} or in segment "y")'),
    "filters": filters(237, 1, lambda at: f"amount > {at} EUR"),
    "large filters": filters(12, 20, lambda at: f"amount > {at} EUR"),
    "filters that negate": filters(12, 40, lambda at: f'status != "{at}"'),
    "filters of alternatives": every(6, lambda at: f"any purchases({some(40, lambda each: row(40 * at + each))})"),
    "filters within filters": every(150, lambda at: f"any purchases(any items(quantity > {at}))"),
    "many rows": every(240, lambda at: f'purchases(status = "s{at}").count >= 50'),
    "many different rows": every(240, different),
    "averages": every(230, lambda at: f"purchases(last {at + 1} days).avg(amount, EUR) > {at} EUR"),
    "latest rows": every(230, lambda at: f"last purchases(amount > {at} EUR).amount > {at} EUR"),
    "nothing lately": every(230, lambda at: f"did not purchase in the last {at + 1} days where (amount > {at} EUR)"),
}  # fmt: skip
