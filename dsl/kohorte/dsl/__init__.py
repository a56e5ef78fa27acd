"""The rule language: one meaning in memory, on SQLite and on PostgreSQL.

``Language`` makes rules over a catalogue of one's own; ``RuleRefused`` says everything that is wrong with a text. Both
are loaded when they are first used, so that importing this package costs nothing. ``kohorte.dsl.sql`` binds tables.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kohorte.core.ports.rules import RuleRefused
    from kohorte.dsl.language import Language

__all__ = ["Language", "RuleRefused"]


def __getattr__(name: str) -> object:
    if name == "Language":
        from kohorte.dsl.language import Language  # noqa: PLC0415 - loaded at first use

        return Language
    if name == "RuleRefused":
        from kohorte.core.ports.rules import RuleRefused  # noqa: PLC0415 - the same

        return RuleRefused
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
