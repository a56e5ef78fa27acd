"""How many records of a kind there are, in words."""

from collections.abc import Mapping
from typing import Final

from kohorte.core.ports.records import RecordKind
from kohorte.entrypoints.cli.output import Output

ONE: Final[Mapping[RecordKind, str]] = {
    RecordKind.CUSTOMERS: "customer",
    RecordKind.CONTACTS: "contact",
    RecordKind.PURCHASES: "purchase",
    RecordKind.ITEMS: "item",
    RecordKind.ACTIVITIES: "activity",
}


def counted(output: Output, count: int, kind: RecordKind) -> str:
    """Return a number of records in the reader's language, such as ``1 contact`` or ``2 contacts``."""
    return f"{output.cell(count)} {output.language(ONE[kind] if count == 1 else kind.value)}"
