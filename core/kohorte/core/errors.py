"""Errors of the core: each has a stable code, says what was wrong and what to do.

A message is a template and its values, so that an entry point can say it in the reader's language:
``error.text(translate)`` looks the template up first and fills it in afterwards.
"""

from collections.abc import Callable
from typing import ClassVar

Translate = Callable[[str], str]


def as_written(template: str) -> str:
    """Return the template as it is: English."""
    return template


class KohorteError(Exception):
    """Say what was wrong (``template``), what to do (``hint``) and which error it is (``code``).

    ``template`` and ``hint`` are ``str.format`` templates over ``values``. They never contain secrets: callers pass
    names, positions and counts, and personal data only where the reader typed it a moment ago.
    """

    code: ClassVar[str] = "error"

    def __init__(self, template: str, /, *, hint: str = "", **values: object) -> None:
        self.template = template
        self.hint_template = hint
        self.values = values
        super().__init__(self.text())

    def text(self, translate: Translate = as_written) -> str:
        """Return what was wrong, in the language of ``translate``."""
        return _fill(translate(self.template), self.values)

    def advice(self, translate: Translate = as_written) -> str:
        """Return what to do about it, or an empty text."""
        return _fill(translate(self.hint_template), self.values) if self.hint_template else ""


def _fill(template: str, values: dict[str, object]) -> str:
    return template.format(**values) if values else template


class InvalidValue(KohorteError, ValueError):
    """A value does not fit its field."""

    code = "invalid_value"


class InvalidInput(KohorteError, ValueError):
    """A file, an option or a command is not usable as given."""

    code = "invalid_input"


class NotFound(KohorteError, LookupError):
    """A named thing does not exist in this tenant."""

    code = "not_found"


class AlreadyExists(KohorteError, ValueError):
    """A name or key is taken."""

    code = "already_exists"


class Conflict(KohorteError, RuntimeError):
    """The aggregate was changed by somebody else since it was read (optimistic version)."""

    code = "conflict"


class NotAllowed(KohorteError, RuntimeError):
    """The state of the aggregate does not permit the change, or others depend on it."""

    code = "not_allowed"


class ReferenceCycle(KohorteError, ValueError):
    """Segments refer to each other in a circle; ``values["path"]`` names it."""

    code = "reference_cycle"


class StorageUnavailable(KohorteError, ConnectionError):
    """The database cannot be reached, is locked, or is newer than this version."""

    code = "storage_unavailable"


class StorageEmpty(StorageUnavailable):
    """There is no database yet, or one without tables."""

    code = "storage_empty"
