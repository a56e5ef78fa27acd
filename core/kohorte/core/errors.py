"""Errors of the core: each has a stable code, says what was wrong and what to do.

A message is a template and its values, so that an entry point can say it in the reader's language:
``error.text(translate)`` looks the template up first and fills it in afterwards.
"""

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Final

from attrs import frozen

Translate = Callable[[str], str]


def as_written(template: str) -> str:
    """Return the template as it is: English."""
    return template


@frozen
class Terms:
    """What a message lists: ``named`` things are said in the reader's language, ``words`` stay as they are."""

    named: tuple[str, ...]
    words: tuple[str, ...] = ()

    def said(self, translate: Translate) -> str:
        """Return all of them, with commas between them."""
        return ", ".join((*map(translate, self.named), *self.words))

    def __str__(self) -> str:
        """Return them in English."""
        return self.said(as_written)


def filled(template: str, values: Mapping[str, object], translate: Translate = as_written) -> str:
    """Return a template, translated and filled with its values."""
    said = {name: value.said(translate) if isinstance(value, Terms) else value for name, value in values.items()}
    return translate(template).format(**said)


class KohorteError(Exception):
    """Say what was wrong (``template``), what to do (``hint``) and which error it is (``code``).

    ``template`` and ``hint`` are ``str.format`` templates over ``values``. They never contain secrets: callers pass
    names, positions and counts, and personal data only where the reader typed it a moment ago.
    """

    code: ClassVar[str] = "error"

    field: str | None = None
    """Whose value it is about, where it is about that of one field (``naming``)."""

    def __init__(self, template: str, /, *, hint: str = "", **values: object) -> None:
        self.template = template
        self.hint_template = hint
        self.values = values
        super().__init__(self.text())

    def text(self, translate: Translate = as_written) -> str:
        """Return what was wrong, in the language of ``translate``."""
        return self._filled(self.template, translate)

    def advice(self, translate: Translate = as_written) -> str:
        """Return what to do about it, or an empty text."""
        return self._filled(self.hint_template, translate) if self.hint_template else ""

    def _filled(self, template: str, translate: Translate) -> str:
        return filled(template, self.values, translate) if self.values else translate(template)


@contextmanager
def naming(field: str) -> Generator[None]:
    """Let an error say that it is about the value of a field, unless it names another one."""
    try:
        yield
    except KohorteError as error:
        error.field = error.field or field
        raise


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


class TookTooLong(StorageUnavailable):
    """The database was asked for more than it could answer in the time that there was; it was stopped."""

    code = "took_too_long"


class StorageEmpty(StorageUnavailable):
    """There is no database yet, or one without tables."""

    code = "storage_empty"


@frozen
class KeptError:
    """An error as it is kept, to be said later: its code, its message and its hint as templates over ``values``."""

    code: str
    template: str
    hint: str
    values: Mapping[str, int | str]

    @property
    def error(self) -> KohorteError:
        """Return the error as one that can be said."""
        return KohorteError(self.template, hint=self.hint, **self.values)


_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")


def kept_error(error: KohorteError) -> KeptError:
    """Return an error as it is kept: of its values nothing stays but numbers and text."""
    values = {
        name: each if isinstance(each, int) else _NO_TEXT.sub("�", str(each)) for name, each in error.values.items()
    }
    return KeptError(error.code, error.template, error.hint_template, values)
