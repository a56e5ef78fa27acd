"""The reader's language: messages from the gettext catalogue, numbers and dates by the locale."""

import gettext
import os
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final

from attrs import frozen
from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent

CATALOGUES: Final = Path(__file__).parent / "locale"
LANGUAGES: Final = ("en", "de")
MOMENTS: Final = {"en": "yyyy-MM-dd HH:mm", "de": "dd.MM.yyyy HH:mm"}
"""Dates that cannot be misread, in either language."""


@frozen
class Language:
    """A language that Kohorte speaks, with the forms of its locale."""

    locale: Locale
    messages: gettext.NullTranslations

    def __call__(self, message: str) -> str:
        """Translate a message or a template."""
        return self.messages.gettext(message) if message else message

    def number(self, number: int | float) -> str:
        """Return a number with the locale's separators."""
        return format_decimal(number, locale=self.locale)

    def percent(self, rate: float) -> str:
        """Return a rate (0..1) as a percentage."""
        return format_percent(rate, locale=self.locale)

    def moment(self, instant: datetime, zone: tzinfo) -> str:
        """Return an instant as a local date and time."""
        return format_datetime(instant, MOMENTS[self.locale.language], tzinfo=zone, locale=self.locale)


@lru_cache(maxsize=4)
def language(name: str) -> Language:
    """Return a language by its code; English for one that Kohorte does not speak."""
    code = name if name in LANGUAGES else "en"
    found = gettext.translation("kohorte", CATALOGUES, [code], fallback=True)
    return Language(Locale(code), found)


def speak_for_libraries() -> None:
    """Let the library behind the command line find its messages in the catalogue, too (it asks gettext itself)."""
    gettext.bindtextdomain("kohorte", str(CATALOGUES))
    gettext.textdomain("kohorte")


def reader_language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the environment: LC_ALL, LC_MESSAGES, LANG in that order (POSIX)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            try:
                return language(Locale.parse(value.partition(".")[0].partition("@")[0]).language)
            except (ValueError, UnknownLocaleError):
                return language("en")
    return language("en")
