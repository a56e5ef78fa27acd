"""Random rules, as text, that the checker accepts (see ``testing``)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from attrs import frozen
from hypothesis.strategies import DrawFn, composite, integers, sampled_from

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Verb
from kohorte.core.values import currency_scale, from_units
from kohorte.dsl.syntax.phrases import literal, path
from kohorte.dsl.testing.values import CODES, CURRENCIES, INTEGERS, TEXTS, ZONES, dates, instants

_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_TIMES: Final = frozenset({Kind.DATE, Kind.INSTANT})
_SIGNS: Final = ("=", "!=", "<", "<=", ">", ">=")
_DAY_UNITS: Final = ("day", "days", "week", "weeks", "month", "months", "quarter", "year", "years")
_COUNT: Final = Field("count", Kind.INTEGER, nullable=False)


@composite
def rules(
    draw: DrawFn,
    catalogue: Catalogue,
    *,
    segments: Sequence[str] = (),
    lists: Sequence[str] = (),
    depth: int = 2,
    samples: bool = True,
) -> str:
    """Draw a rule's text that is well-typed over a catalogue.

    ``segments`` and ``lists`` are names that the rule may refer to. Groups are nested up to ``depth``. Without
    ``samples`` the rule needs no key of its records.
    """
    writer = _RuleWriter(draw, catalogue, tuple(segments), tuple(lists), samples)
    zone = draw(sampled_from(("", "", "", *(f'in zone "{each}"\n' for each in ZONES))))
    return zone + writer.condition(None, depth, bracketed=False)


@frozen
class _Subject:
    """What a test is about: an operand as it is written, and the field that tells its kind."""

    text: str
    field: Field
    currency: str | None = None
    is_aggregate: bool = False
    is_latest: bool = False


@frozen
class _RuleWriter:
    draw: DrawFn
    catalogue: Catalogue
    segments: tuple[str, ...]
    lists: tuple[str, ...]
    samples: bool

    def one(self, *choices: str) -> str:
        return self.draw(sampled_from(choices))

    def number(self, least: int, most: int) -> int:
        return self.draw(integers(least, most))

    # -- conditions ----------------------------------------------------------------------------------------------

    def condition(self, row: Collection | None, depth: int, *, bracketed: bool = True) -> str:
        """Write a condition on the subject, or in the filter of a row."""
        choices = ["field"] * 5 + (["group"] * 3 + ["not"] if depth > 0 else [])
        if self._collections(row):
            choices += ["rows"] * 3
        if row is None:
            choices += ["event"] if self.catalogue.verbs else []
            choices += ["segment"] if self.segments else []
            choices += ["sample"] if self.samples else []
        match self.one(*choices):
            case "group":
                parts = [self.condition(row, depth - 1) for _ in range(self.number(2, 3))]
                group = self.one(" and ", " or ").join(parts)
                return f"({group})" if bracketed else group
            case "not":
                return f"not {self.condition(row, depth - 1)}"
            case "rows":
                return self._of_rows(row, depth)
            case "event":
                return self._event(depth)
            case "segment":
                return f"{self.one('', 'not ')}in segment {literal(self.one(*self.segments))}"
            case "sample":
                share = self.one("0", "0.0001", "10", "33.3333", "50", "99.9999", "100")
                return f"{self.one('', 'not ')}in sample {share} % of {literal(self.one('a', 'b', 'Größe'))}"
            case _:
                return self._of_field(row)

    def _of_field(self, row: Collection | None) -> str:
        subjects = self._subjects(row)
        chosen = self.draw(sampled_from(subjects))
        others = [each for each in subjects if self._is_comparable(chosen, each)]
        if others and self.number(0, 9) == 0:
            return f"{chosen.text} {self._sign(chosen.field)} {self.draw(sampled_from(others)).text}"
        return self.test(chosen)

    def test(self, subject: _Subject) -> str:
        """Write what is asked of one operand."""
        may_lack = subject.field.kind is not Kind.BOOLEAN and subject.field.name != "count"
        if may_lack and self.number(0, 7) == 0:
            return f"{subject.text} {self.one('is set', 'is empty', 'is not set', 'is not empty')}"
        match subject.field.kind:
            case Kind.TEXT | Kind.CODE | Kind.ENUMERATION:
                return self._text_test(subject)
            case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
                return self._number_test(subject)
            case Kind.BOOLEAN:
                return self._truth_test(subject)
            case Kind.DATE | Kind.INSTANT:
                return self._time_test(subject)
            case Kind.TAGS:
                return self._tags_test(subject)

    @staticmethod
    def _is_comparable(one: _Subject, other: _Subject) -> bool:
        same = one.field.kind is other.field.kind and one.field.scale == other.field.scale
        return same and one.text != other.text and one.field.kind is not Kind.TAGS

    def _sign(self, wanted: Field) -> str:
        return self.one(*(_SIGNS if wanted.kind in _NUMBERS | _TIMES else _SIGNS[:2]))

    def _subjects(self, row: Collection | None) -> list[_Subject]:
        found = [
            _Subject(path((owner.name, each.name)), each)
            for owner in self.catalogue.owners.values()
            for each in owner.fields.values()
        ]
        if row is None:
            return found
        own = [_Subject(path((each.name,)), each) for each in row.fields.values()]
        return own * (2 * len(found) // len(own) + 1) + found

    # -- tests by kind -------------------------------------------------------------------------------------------

    def _text_test(self, subject: _Subject) -> str:
        p, kind = subject.text, subject.field.kind
        choices = ["equal", "equal", "among", "look", "look", "look"]
        choices += ["list"] if self.lists and kind is not Kind.ENUMERATION else []
        match self.one(*choices):
            case "equal":
                return f"{p} {self.one('=', '!=', 'is', 'is not')} {self._word(subject.field)}"
            case "among":
                words = ", ".join(self._word(subject.field) for _ in range(self.number(0, 3)))
                return f"{p} {self.one('in', 'not in')} ({words})"
            case "list":
                return f"{p} {self.one('in', 'not in')} list {literal(self.one(*self.lists))}"
            case _:
                look = self.one("contains", "starts with", "ends with", "does not contain", "does not start with")
                look = self.one(look, look, look, "matches", "does not match", "does not end with")
                return f"{p} {look} {self._exactly(kind)}{literal(self._needle(glob='match' in look))}"

    def _exactly(self, kind: Kind) -> str:
        return self.one("", "", "exactly ") if kind is Kind.TEXT else ""

    def _word(self, wanted: Field) -> str:
        if wanted.kind is Kind.ENUMERATION:
            return literal(self.one(*wanted.choices))
        if wanted.kind is Kind.CODE:
            return literal(self.one(*CODES))
        return self._exactly(wanted.kind) + literal(self.one(*TEXTS))

    def _needle(self, *, glob: bool) -> str:
        text = self.one(*TEXTS, *CODES)
        start = self.number(0, max(0, len(text) - 1))
        part = text[start : start + self.number(1, 4)]
        if not glob:
            return part
        at = self.number(0, len(text))
        pattern = text[:at] + self.one("*", "?", "") + text[at + self.number(0, 2) :]
        return self.one(pattern, f"*{pattern}", f"{pattern}*", f"*{pattern}*", part)

    def _number_test(self, subject: _Subject) -> str:
        p, currency = subject.text, subject.currency or self.one(*CURRENCIES)
        match self.one("sign", "sign", "sign", "between", "among"):
            case "sign":
                return f"{p} {self.one(*_SIGNS)} {self._figure(subject, currency)}"
            case "between":
                low, high = self._figure(subject, currency), self._figure(subject, currency)
                return f"{p} {self.one('between', 'not between')} {low} and {high}"
            case _:
                figures = ", ".join(self._figure(subject, currency) for _ in range(self.number(1, 3)))
                return f"{p} {self.one('in', 'not in')} ({figures})"

    def _figure(self, subject: _Subject, currency: str) -> str:
        wanted = subject.field
        scale = currency_scale(currency) if wanted.kind is Kind.MONEY else wanted.scale
        small = (0, 1, 2, 3)
        units = self.draw(sampled_from(small if wanted.name == "count" else (*small, *INTEGERS)))
        number = f"{from_units(units, scale):f}"
        return f"{number} {currency}" if wanted.kind is Kind.MONEY else number

    def _truth_test(self, subject: _Subject) -> str:
        return self.one(subject.text, f"not {subject.text}", f"{subject.text} = true", f"{subject.text} != false")

    def _tags_test(self, subject: _Subject) -> str:
        def tag() -> str:
            return self.one("", "exactly ") + literal(self.one(*TEXTS))

        several = ", ".join(tag() for _ in range(self.number(1, 3)))
        test = self.one(
            f"contains {tag()}", f"does not contain {tag()}", f"contains {self.one('any', 'all')} of ({several})"
        )
        return f"{subject.text} {test}"

    # -- times ---------------------------------------------------------------------------------------------------

    def _time_test(self, subject: _Subject) -> str:
        p, of_dates = subject.text, subject.field.kind is Kind.DATE
        moment = self._day if of_dates else self._moment
        units = _DAY_UNITS if of_dates else ("minutes", "hour", "hours", *_DAY_UNITS)
        rolling = f"{self.one('1', '2', '7', '30', '90')} {self.one(*units)}"
        calendar = f"{self.one('this', 'last', 'next')} {self.one('week', 'month', 'quarter', 'year')}"
        match self.number(0, 8):
            case 0:
                return f"{p} {self.one(*_SIGNS)} {moment()}"
            case 1:
                return f"{p} {self.one('before', 'after', 'on or before', 'on or after')} {moment()}"
            case 2:
                return f"{p} on {self._day()}"
            case 3:
                return f"{p} {self.one('between', 'not between')} {moment()} and {moment()}"
            case 4:
                return f"{p} {self.one('in', 'not in')} the {self.one('last', 'next')} {rolling}"
            case 5:
                return f"{p} {self.one('more', 'less')} than {rolling} ago"
            case 6:
                return f"{p} {self.one('in ', 'not in ', '')}{calendar}"
            case 7:
                return f"{p} {self.one('in', 'not in')} ({moment()}, {moment()})"
            case _:
                ahead = f"in the {self.one('last', 'next')} {self.one('1', '7', '30', '400')} {self.one('day', 'days')}"
                when = self.one(ahead, "in the next 2 months", "in the next 3 years", "today", calendar)
                return f"{p} has anniversary {when}"

    def _day(self) -> str:
        written = f"{self.draw(dates()):%Y-%m-%d}"
        shifted = f"today {self.one('+', '-')} {self.one('1', '30', '90')} {self.one('days', 'months', 'years')}"
        return self.one(written, written, "today", "yesterday", "tomorrow", shifted)

    def _moment(self) -> str:
        instant = self.draw(instants())
        local = f"{instant + timedelta(hours=self.number(0, 3)):%Y-%m-%dT%H:%M:%S}"
        shifted = f"now {self.one('+', '-')} {self.one('1', '36')} {self.one('hours', 'days', 'months')}"
        return self.one(self._day(), f"{instant:%Y-%m-%dT%H:%M:%S.%fZ}", local, "now", shifted)

    # -- related rows --------------------------------------------------------------------------------------------

    def _collections(self, row: Collection | None) -> list[Collection]:
        return [each for each in self.catalogue.collections.values() if row is None or each.parent == row.name]

    def _of_rows(self, row: Collection | None, depth: int) -> str:
        rows = self.draw(sampled_from(self._collections(row)))
        called = path((rows.name,)) + self._call(rows, depth)
        if self.number(0, 2) == 0:
            return f"{self.one('any', 'no')} {called}"
        asked = self._aggregate(rows, called)
        others = [each for each in self._subjects(row) if asked.is_latest and self._is_comparable(asked, each)]
        if others and self.number(0, 4) == 0:
            return f"{asked.text} {self._sign(asked.field)} {self.draw(sampled_from(others)).text}"
        return self.test(asked)

    def _call(self, rows: Collection, depth: int) -> str:
        arguments = [self.condition(rows, depth - 1, bracketed=False) for _ in range(self.number(0, 1 if depth else 0))]
        if rows.time is not None and self.number(0, 2) == 0:
            rolling = f"last {self.one('1', '7', '30', '90')} {self.one('days', 'months', 'weeks')}"
            arguments.append(self.one(rolling, rolling, "this month", "last year", "next 7 days"))
        return f"({', '.join(arguments)})" if arguments else ""

    def _aggregate(self, rows: Collection, called: str) -> _Subject:
        fields = [each for each in rows.fields.values() if each.kind is not Kind.TAGS]
        wanted = self.draw(sampled_from(fields))
        if rows.time is not None and self.number(0, 2) == 0:
            return _Subject(f"last {called}.{path((wanted.name,))}", wanted, is_aggregate=True, is_latest=True)
        functions = ["count"] * 2
        functions += ["count distinct"] if wanted.kind is not Kind.MONEY else []
        functions += ["min", "max"] if wanted.kind in _NUMBERS | _TIMES else []
        functions += ["sum", "sum", "avg", "avg"] if wanted.kind in _NUMBERS else []
        function = self.one(*functions)
        if function == "count":
            return _Subject(f"{called}.count", _COUNT, is_aggregate=True)
        if function == "count distinct":
            return _Subject(f"{called}.count distinct({path((wanted.name,))})", _COUNT, is_aggregate=True)
        currency = self.one(*CURRENCIES) if wanted.kind is Kind.MONEY else None
        about = wanted if function != "sum" else Field("count", wanted.kind, nullable=False, scale=wanted.scale)
        argument = path((wanted.name,)) + (f", {currency}" if currency else "")
        return _Subject(f"{called}.{function}({argument})", about, currency, is_aggregate=True)

    def _event(self, depth: int) -> str:
        verb = self.draw(sampled_from(list(self.catalogue.verbs.values())))
        words = [self.one("did", "did not"), verb.name]
        if verb.objects and self.number(0, 1):
            words += self._object(verb)
        if words[0] == "did" and self.number(0, 1):
            often = self.one("at least", "at most", "more than", "less than", "exactly")
            words.append(f"{often} {self.number(0, 3)} times")
        if self.number(0, 1):
            rolling = f"in the last {self.one('1', '7', '30', '90')} {self.one('days', 'months')}"
            between = f"between {self._day()} and {self._day()}"
            words.append(self.one(rolling, rolling, "this year", "last month", f"on or after {self._day()}", between))
        if depth > 0 and self.number(0, 2) == 0:
            filtered = self.condition(self.catalogue.collections[verb.collection], depth - 1)
            return f"({' '.join(words)} where {filtered})"  # else an `and` after it could belong to either
        return " ".join(words)

    def _object(self, verb: Verb) -> Iterable[str]:
        word, name = self.draw(sampled_from(list(verb.objects.items())))
        kind = self.catalogue.collections[verb.collection].fields[name].kind
        return word, literal(self.one(*(TEXTS if kind is Kind.TEXT else CODES)))
