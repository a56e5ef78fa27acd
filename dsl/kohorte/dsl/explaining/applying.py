"""Apply proposals to copies of prepared records, and see what they make of a rule's conditions."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import define, field

from kohorte.dsl.explaining.model import ChangeRows, Join, Proposal, SetField
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.reading import RECORD, Reading
from kohorte.dsl.explaining.storing import with_field
from kohorte.dsl.explaining.variables import Subject, key_of_subject, subjects_of
from kohorte.dsl.reading import fields_read
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf, FieldOf, SegmentUse


def applied_to(record: Prepared, proposals: Iterable[Proposal], subject: str) -> Prepared:
    """Return a copy of a prepared record with proposals applied; stored membership lies outside of records."""
    for proposal in proposals:
        match proposal:
            case SetField(operand=operand, stored=value):
                record = with_field(record, operand, value, subject)
            case ChangeRows(after=after):
                record = {**record, **{name: [*rows] for name, rows in after.items()}}
            case Join():
                pass
    return record


@define
class After:
    """Verdicts after proposals: ``record`` has them applied. Only what they touch is read again."""

    reading: Reading
    record: Prepared
    fields: Mapping[tuple[str, str], Any]
    joined: Mapping[UUID, bool]
    has_other_rows: bool
    _values: dict[Hashable, Any] = field(factory=dict[Hashable, Any])

    @classmethod
    def of(cls, reading: Reading, record: Prepared, proposals: Sequence[Proposal], *, has_other_rows: bool) -> "After":
        """Return the verdicts in a record to which proposals were applied, and perhaps rows that are none of theirs."""
        fields = {
            (each.operand.owner, each.operand.field.name): each.stored
            for each in proposals
            if isinstance(each, SetField)
        }
        joined = {each.segment.id: each.enter for each in proposals if isinstance(each, Join)}
        return cls(reading, record, fields, joined, has_other_rows)

    def verdict(self, single: Single) -> bool:
        """Return a condition's verdict."""
        subjects = subjects_of(single.leaf)
        if not subjects:
            return single.verdict
        if len(subjects) == 1:
            return single.judge(self._value(subjects[0], single, single.value))
        values = zip(subjects, single.value, strict=True)
        return single.judge(tuple(self._value(subject, single, before) for subject, before in values))

    def _value(self, subject: Subject, single: Single, before: Any) -> Any:
        match subject:
            case SegmentUse(id=id_):
                return self.joined.get(id_, before)
            case FieldOf():
                return self.fields.get((subject.owner, subject.field.name), before)
            case AggregateOf():
                if not self._is_touched(subject):
                    return before
                key = key_of_subject(subject, single)
                if key not in self._values:
                    self._values[key] = self.reading.value_of(subject, single.zone)({RECORD: self.record})
                return self._values[key]

    def _is_touched(self, operand: AggregateOf) -> bool:
        if self.has_other_rows or not self.fields:
            return self.has_other_rows
        read = fields_read(operand.where)
        return any(f"{owner}.{name}" in read for owner, name in self.fields)
