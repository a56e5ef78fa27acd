"""Forms of an export that need no template, and the columns that are usual."""

from enum import Enum
from typing import Final


class ExportFormat(Enum):
    """Forms of an export."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"


EXPORTED: Final = ("contact.key", "contact.email", "contact.first_name", "contact.last_name", "entered_at")
"""The columns of an export that names none."""
