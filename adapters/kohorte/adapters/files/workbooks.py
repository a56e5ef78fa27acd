"""Members as an Excel workbook (XLSX, ECMA-376), row by row, with flat memory."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any, Final

from attrs import define, field
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kohorte.adapters.files.members import plain_text
from kohorte.core.values import Money

ROWS: Final = 1_048_576
"""A sheet has at most so many rows, the one of its headings among them."""
LONGEST: Final = 32_767
"""A cell holds at most so many characters; longer texts are cut, and end in ``…``."""
_DIGITS: Final = 15
"""Excel keeps so many digits of a number; one that has more is written as text."""
_FIRST_DAY: Final = date(1900, 3, 1)
"""Excel takes 1900 for a leap year: earlier days are written as text."""
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "remove_timezone": True,
}


def write_workbook(
    stream: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[object]], *, rows_a_sheet: int = ROWS
) -> int:
    """Write a workbook with headings on each sheet; return how many rows.

    Texts are never run as formulas. Numbers, money and decimals are numbers as long as Excel keeps all of their digits,
    days are dates, instants are dates with a time in UTC, truth is truth, tags are joined by ``;``.
    """
    with Workbook(stream, _OPTIONS) as workbook:
        sheets = _Sheets(workbook, columns, rows_a_sheet)
        count = 0
        for row in rows:
            sheets.write(row)
            count += 1
    return count


@define
class _Sheets:
    """The sheets of a workbook, each filled before the next is begun."""

    workbook: Workbook
    columns: Sequence[str]
    rows: int
    _formats: dict[str, Format] = field(factory=dict[str, Format])
    _sheets: int = 0
    _row: int = 0
    _sheet: Worksheet = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._begin()

    def write(self, row: Sequence[object]) -> None:
        """Write the next row."""
        if self._row == self.rows:
            self._begin()
        for place, value in enumerate(row):
            self._write(place, value)
        self._row += 1

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self.workbook.add_worksheet("members" if self._sheets == 1 else f"members {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(self.columns):
            self._sheet.write_string(0, place, name, self._format(bold=True))
        self._row = 1

    def _write(self, place: int, value: Any) -> None:
        at = self._row, place
        match value:
            case None:
                pass
            case bool():
                self._sheet.write_boolean(*at, value)
            case Money():
                self._write_number(
                    place,
                    value.amount,
                    f"{value.amount} {value.currency}",
                    f'{_pattern(value.amount)} "{value.currency}"',
                )
            case Decimal() | int():
                self._write_number(place, Decimal(value), str(value), _pattern(Decimal(value)))
            case datetime():
                self._sheet.write_datetime(*at, value.astimezone(UTC), self._format(num_format="yyyy-mm-dd hh:mm:ss"))
            case date() if value >= _FIRST_DAY:
                self._sheet.write_datetime(*at, value, self._format(num_format="yyyy-mm-dd"))
            case tuple():
                self._write_text(place, ";".join(map(str, value)))
            case _:
                self._write_text(place, str(plain_text(value)))

    def _write_number(self, place: int, number: Decimal, text: str, pattern: str) -> None:
        if len(number.as_tuple().digits) > _DIGITS:
            self._write_text(place, text)
        else:
            self._sheet.write_number(self._row, place, number, self._format(num_format=pattern))

    def _write_text(self, place: int, text: str) -> None:
        self._sheet.write_string(self._row, place, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")

    def _format(self, **properties: object) -> Format:
        key = str(properties)
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]


def _pattern(number: Decimal) -> str:
    """Return Excel's format for a number with as many decimals."""
    exponent = number.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return "0." + "0" * decimals if decimals else "0"
