"""Likely slips of the pen: a share where a percentage is meant or the other way round, a year that nobody means."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from kohorte.core.fields import Kind
from kohorte.core.ports.rules import Problem
from kohorte.dsl.analysis import messages
from kohorte.dsl.analysis.parts import Part, leaves
from kohorte.dsl.checker.references import walk
from kohorte.dsl.errors import replacing
from kohorte.dsl.syntax import ast
from kohorte.dsl.typed import Among, Compare, Condition, FieldOf, Negation

_EARLIEST_YEAR: Final = 1800
_LATEST_YEAR: Final = 2200
_SHARES: Final = ("rate", "share", "ratio", "quota", "percent", "discount")
"""What names of fields that hold shares of one have in them."""
_FRACTION_DIGITS: Final = 2
_WHOLE: Final = 100


@frozen
class Mistakes:
    """Finds what is probably written otherwise than it is meant."""

    source: str

    def findings(self, whole: Part) -> Iterator[Problem]:
        """Yield the findings about a whole rule."""
        shares = _fields_in_percent(whole)
        for part in leaves(whole):
            for node in walk(part.node):
                if isinstance(node, ast.Day | ast.Moment):
                    yield from self._of_year(node)
            of = _decimal(part.condition)
            if of is not None:
                decimals = of.field.scale - 2 if of in shares or _sounds_like_a_share(of) else None
                yield from self._of_numbers(part.node, decimals)

    def _of_year(self, node: ast.Day | ast.Moment) -> Iterator[Problem]:
        if not _EARLIEST_YEAR <= node.value.year <= _LATEST_YEAR:
            yield messages.UNLIKELY_YEAR.at(self.source, node.span, year=node.value.year)

    def _of_numbers(self, node: ast.Node, decimals: int | None) -> Iterator[Problem]:
        """Yield findings about numbers; a percentage may have so many decimals, None where no share is compared."""
        for number in _literals(node):
            value = number.value
            if isinstance(number, ast.Number) and decimals is not None and _looks_like_a_percentage(value, decimals):
                yield messages.PERCENT_MEANT.at(
                    self.source,
                    number.span,
                    fixes=[replacing("Write {fix1}", number.span, f"{value:f} %")],
                    number=f"{value:f}",
                    percent=f"{value * 100:f}",
                    fix1=f"{value:f} %",
                )
            elif isinstance(number, ast.Percent) and _looks_like_a_fraction(value):
                meant = f"{(value * 100).normalize():f} %"
                yield messages.FRACTION_MEANT.at(
                    self.source,
                    number.span,
                    fixes=[replacing("Write {fix1}", number.span, meant)],
                    number=f"{value:f}",
                    fraction=f"{value / 100:f}",
                    fix1=meant,
                )


def _literals(node: ast.Node) -> Sequence[ast.Number | ast.Percent]:
    return [each for each in walk(node) if isinstance(each, ast.Number | ast.Percent)]


def _looks_like_a_fraction(percent: Decimal) -> bool:
    """Tell whether ``0.05 %`` is written: below one, with two decimals, as five hundredths are."""
    return 0 < percent < 1 and _decimals(percent) == _FRACTION_DIGITS


def _looks_like_a_percentage(number: Decimal, decimals: int) -> bool:
    """Tell whether ``5`` is written where a share is compared: above one, up to a hundred."""
    return 1 < number <= _WHOLE and _decimals(number) <= decimals


def _decimals(number: Decimal) -> int:
    exponent: Any = number.as_tuple().exponent
    return max(0, -int(exponent))


def _decimal(condition: Condition) -> FieldOf | None:
    """Return which decimal field a condition compares."""
    while isinstance(condition, Negation):
        condition = condition.part
    if isinstance(condition, Compare | Among) and isinstance(condition.operand, FieldOf):
        of = condition.operand
        if of.field.kind is Kind.DECIMAL and of.field.scale >= _FRACTION_DIGITS:
            return of
    return None


def _fields_in_percent(whole: Part) -> frozenset[FieldOf]:
    """Return the fields that the rule itself compares with percentages."""
    return frozenset(
        of
        for part in leaves(whole)
        if (of := _decimal(part.condition)) is not None
        and any(isinstance(each, ast.Percent) for each in _literals(part.node))
    )


def _sounds_like_a_share(of: FieldOf) -> bool:
    name = of.field.name.lower()
    return any(word in name for word in _SHARES)
