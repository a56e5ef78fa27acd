"""How a segment selects: by which rule contacts enter, by which they leave, and for how long they stay."""

from uuid import UUID

from attrs import frozen

from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.model import Leaving, SegmentRule


@frozen
class Selection:
    """How a segment selects, checked: its rule, the one by which members leave, and for how many days they stay.

    Whoever is no member enters where ``enter`` selects them and ``leave`` does not. A member leaves where ``leave``
    selects them, or without such a rule where ``enter`` does not; and not before the minimum stay is over.
    """

    enter: CheckedRule
    leave: CheckedRule | None = None
    minimum_stay_days: int = 0

    @property
    def segments(self) -> frozenset[UUID]:
        """Return the segments that it refers to directly."""
        return self.enter.segments if self.leave is None else self.enter.segments | self.leave.segments

    @property
    def lists(self) -> frozenset[UUID]:
        """Return the stored lists that it reads."""
        return self.enter.lists if self.leave is None else self.enter.lists | self.leave.lists

    @property
    def fields(self) -> frozenset[str]:
        """Return the fields that it reads."""
        return self.enter.fields if self.leave is None else self.enter.fields | self.leave.fields

    @property
    def leaving(self) -> Leaving:
        """Return when members leave, as a version keeps it."""
        if self.leave is None:
            return Leaving(self.minimum_stay_days)
        return Leaving(self.minimum_stay_days, self.leave.text, self.leave.tree)

    def says_the_same(self, rule: SegmentRule | None) -> bool:
        """Tell whether a version says the same already."""
        if rule is None or rule.leaving.minimum_stay_days != self.minimum_stay_days:
            return False
        return (rule.text, rule.leaving.text) == (self.enter.text, self.leaving.text)
