"""The text of a rule file (``*.kohorte``): a rule, and after a line of three hyphens what it must answer.

::

    # bought three times, and silent for 90 days
    purchases.count >= 3 and did not purchase in the last 90 days
    ---
    at 2024-07-01T12:00:00Z
    in  "lapsed" {"purchases": [{"at": "2024-01-10T00:00:00Z"}, {"at": "2024-02-10T00:00:00Z"},
                                {"at": "2024-03-10T00:00:00Z"}]}
    out "never bought anything" {}
    in  contact "12347"

``at`` holds for the examples that follow it; without an offset it is told in the rule's zone, and a day is its
beginning. ``in`` and ``out`` say what the rule must answer, with a title where one
helps, about a record that is written out as JSON or about a contact of the database, by its key. ``#`` begins a
comment.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final, NoReturn, cast

from attrs import define, frozen

from kohorte.core.errors import InvalidInput

MOST_EXAMPLES: Final = 1_000
"""A file with more examples is refused."""

_DIVIDER: Final = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_WORD: Final = re.compile(r"[a-z]+")
_BLANK: Final = re.compile(r"(?:\s|#[^\n]*)*")
_TITLE: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_INSTANT: Final = re.compile(r"[0-9][0-9T:.+Z-]*(?: [0-9][0-9:.+Z-]*)?")


class InvalidRuleFile(InvalidInput):
    """The examples of a rule file cannot be read; ``line`` says where, from 1."""

    code = "invalid_rule_file"


@frozen
class Example:
    """What a rule must answer about one record: a mapping, or the contact with a key, at an instant.

    An instant without an offset is a local time in the rule's zone.
    """

    line: int
    expected: bool
    at: datetime
    title: str
    record: Mapping[str, Any] | None
    contact: str | None


@frozen
class RuleFile:
    """A rule's text as it was written, and its examples; ``rest`` is all that follows the rule, as written."""

    rule: str
    rest: str
    examples: tuple[Example, ...]


def split(text: str) -> tuple[str, str]:
    """Return the rule of a file's text and all that follows it, which begins with the line of hyphens or is empty."""
    divider = _DIVIDER.search(text)
    return (text, "") if divider is None else (text[: divider.start()], text[divider.start() :])


def read_rule_file(text: str) -> RuleFile:
    """Return the parts of a rule file; raise ``InvalidRuleFile`` for examples that cannot be read.

    The rule itself is only taken, not looked at. A file without examples is a rule file.
    """
    rule, rest = split(text)
    first_line = rule.count("\n") + 1
    return RuleFile(rule, rest, tuple(_Reader(rest, first_line).examples()) if rest else ())


@define
class _Reader:
    """Reads what stands behind the line of hyphens."""

    text: str
    first_line: int
    place: int = 0

    def examples(self) -> Iterator[Example]:
        at: datetime | None = None
        self.place = self.text.find("\n") if "\n" in self.text else len(self.text)
        read = 0
        while True:
            self._skip()
            if self.place == len(self.text):
                return
            line = self._line()
            match self._take(_WORD):
                case "at":
                    at = self._instant()
                case "in" | "out" as word if read < MOST_EXAMPLES:
                    read += 1
                    yield self._example(line, at, expected=word == "in")
                case "in" | "out":
                    raise InvalidRuleFile(
                        "Line {line}: there are more than {most} examples.",
                        hint="Cut the file in two.",
                        most=MOST_EXAMPLES,
                        line=line,
                    )
                case _:
                    raise InvalidRuleFile("Line {line}: an example begins with at, in or out.", line=line)

    def _instant(self) -> datetime:
        self._skip()
        written = self._take(_INSTANT)
        try:
            return datetime.fromisoformat(written)
        except ValueError:
            raise InvalidRuleFile(
                "Line {line}: this is no instant.",
                hint="Write it like 2024-02-29, 2024-02-29 10:30 or 2024-02-29T10:30:00Z.",
                line=self._line(),
            ) from None

    def _example(self, line: int, at: datetime | None, *, expected: bool) -> Example:
        if at is None:
            raise InvalidRuleFile(
                "Line {line}: the examples do not say at which instant they hold.",
                hint="Write a line before: at 2024-02-29",
                line=self._line(),
            )
        self._skip()
        title = self._title()
        self._skip()
        if self.text.startswith("contact", self.place):
            self.place += len("contact")
            self._skip()
            key = self._title()
            if not key:
                raise InvalidRuleFile(
                    "Line {line}: a contact is named by its key.",
                    hint='Write it like: in contact "12347"',
                    line=self._line(),
                )
            return Example(line, expected, at, title or key, None, key)
        return Example(line, expected, at, title, self._record(), None)

    def _record(self) -> Mapping[str, Any]:
        try:
            record, self.place = _JSON.raw_decode(self.text, self.place)
        except JSONDecodeError as broken:
            self.place = broken.pos
            raise InvalidRuleFile(
                "Line {line}: this is no JSON: {reason}.", reason=broken.msg, line=self._line()
            ) from None
        except RecursionError:
            raise InvalidRuleFile("Line {line}: this is nested too deep.", line=self._line()) from None
        if not isinstance(record, dict):
            raise InvalidRuleFile(
                "Line {line}: a record is a JSON object.",
                hint='Write it like: in {{"country": "DE"}}',
                line=self._line(),
            )
        return cast("dict[str, Any]", record)

    def _title(self) -> str:
        quoted = self._take(_TITLE)
        if not quoted:
            return ""
        try:
            found: str = _JSON.decode(quoted)
        except JSONDecodeError:
            raise InvalidRuleFile(
                "Line {line}: this is no text.", hint="Write a backslash twice.", line=self._line()
            ) from None
        return found

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found.group()

    def _skip(self) -> None:
        self._take(_BLANK)

    def _line(self) -> int:
        return self.first_line + self.text.count("\n", 0, self.place)


def _no_number(name: str) -> NoReturn:
    raise InvalidRuleFile("{name} is no number that a record can hold.", name=name)


_JSON: Final = JSONDecoder(parse_float=Decimal, parse_constant=_no_number)
