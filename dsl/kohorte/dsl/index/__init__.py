"""Many rules, asked of one record at once: which of them hold, and which begin or cease to hold by a change."""

from kohorte.dsl.index.asking import BoundIndex, Changes
from kohorte.dsl.index.rules import RuleIndex

__all__ = ["BoundIndex", "Changes", "RuleIndex"]
