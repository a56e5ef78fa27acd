"""What analysis answers: proved, refuted by a record, or unknown. It never claims what it does not know."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen


@frozen
class Witness:
    """A record, in the embedder's form, with which a rule was evaluated at an instant, and the answer was as claimed.

    ``segments`` are the static segments that the record was taken to belong to, ``entries`` what was taken to stand in
    stored lists: nothing else is in those of which the rule itself knows nothing.
    """

    record: Mapping[str, Any]
    now: datetime
    segments: frozenset[UUID] = frozenset()
    entries: Mapping[UUID, frozenset[str]] = field(factory=dict[UUID, frozenset[str]])


@frozen
class Proved:
    """It holds for every record that fits the catalogue, at every instant from the given one on."""


@frozen
class Refuted:
    """It does not hold for the witness."""

    witness: Witness


@frozen
class Unknown:
    """Neither a proof nor a witness was found within the budget."""


Answer = Proved | Refuted | Unknown
"""What became of a claim."""
