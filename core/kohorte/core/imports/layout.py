"""How one file is laid out: what its columns mean, row by row where each names its own, and how it writes numbers."""

from collections.abc import Mapping, Sequence

from attrs import define, field

from kohorte.core.columns import OWNERS, Column
from kohorte.core.errors import InvalidInput
from kohorte.core.imports.header import Header, read_header
from kohorte.core.imports.numbers import DecimalStyle, detected_style
from kohorte.core.imports.parsing import Parsed, RowParser, numeric_cells
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rows import Reject, Row

Names = tuple[str, ...]


@define
class Layout:
    """The layout of a file, known from its header and its first rows."""

    kind: RecordKind
    currency: str
    style: DecimalStyle
    _known: Mapping[str, Column]
    _mapping: Mapping[str, str]
    _headers: dict[Names, Header | InvalidInput] = field(factory=dict[Names, Header | InvalidInput])

    @classmethod
    def of(
        cls,
        kind: RecordKind,
        known: Mapping[str, Column],
        mapping: Mapping[str, str],
        currency: str,
        columns: Names | None,
        first: Sequence[Row],
        style: DecimalStyle | None,
    ) -> "Layout":
        """Return the layout of a file with a header, or of one whose rows name their own columns.

        Raise ``InvalidInput`` where no row could be read, or numbers in two ways.
        """
        layout = cls(kind, currency, style or DecimalStyle.PLAIN, known, mapping)
        if columns is not None:
            layout._headers[columns] = read_header(columns, known, mapping, OWNERS[kind])
        groups = _by_columns(first)
        if columns is None and first:
            layout._refuse_stray_mapping(groups)
        headers = {names: layout._header(names) for names in groups}
        unclear = [header for header in headers.values() if isinstance(header, InvalidInput)]
        if unclear and len(unclear) == len(headers):
            raise unclear[0]
        clear = [(header, groups[names]) for names, header in headers.items() if isinstance(header, Header)]
        layout.style = style or detected_style(cells for header, rows in clear for cells in numeric_cells(header, rows))
        return layout

    def parse(self, rows: Sequence[Row]) -> tuple[Sequence[Parsed], list[Reject]]:
        """Return the values of rows, parted by their columns, and the rows that have none."""
        rejects = [Reject(row, [("", row.text, row.problem)]) for row in rows if row.problem]
        parts: list[Parsed] = []
        for names, group in _by_columns(rows).items():
            header = self._header(names)
            if isinstance(header, InvalidInput):
                rejects += [Reject(row, [("", row.text, header)]) for row in group]
            else:
                parts.append(RowParser(self.kind, header, self.style, self.currency).parse(group))
                rejects += parts[-1].rejects
        return parts, rejects

    @property
    def ignored(self) -> Sequence[str]:
        """Return the columns met so far that say nothing known."""
        headers = [header for header in self._headers.values() if isinstance(header, Header)]
        return list(dict.fromkeys(name for header in headers for name in header.ignored))

    @property
    def meanings(self) -> Mapping[str, str]:
        """Return the field that each column met so far is read as."""
        return {
            names[place]: field.name
            for names, header in self._headers.items()
            if isinstance(header, Header)
            for field, place in zip(header.fields, header.places, strict=True)
        }

    def _header(self, names: Names) -> Header | InvalidInput:
        header = self._headers.get(names)
        if header is None:
            present = {column: field for column, field in self._mapping.items() if column in names}
            try:
                header = read_header(names, self._known, present, OWNERS[self.kind])
            except InvalidInput as unclear:
                header = unclear
            self._headers[names] = header
        return header

    def _refuse_stray_mapping(self, groups: Mapping[Names, Sequence[Row]]) -> None:
        there = list(dict.fromkeys(name for names in groups for name in names))
        stray = {column: field for column, field in self._mapping.items() if column not in there}
        if stray:
            read_header(there, self._known, stray, OWNERS[self.kind])


def _by_columns(rows: Sequence[Row]) -> Mapping[Names, Sequence[Row]]:
    """Return the rows that can be read by their columns."""
    if rows and not any(row.problem for row in rows) and len({id(row.columns) for row in rows}) == 1:
        return {rows[0].columns: rows}
    groups: dict[Names, list[Row]] = {}
    for row in rows:
        if not row.problem:
            groups.setdefault(row.columns, []).append(row)
    return groups
