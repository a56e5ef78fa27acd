"""The reader's language: messages from the gettext catalogue, numbers and dates by the locale."""

import gettext
import os
import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from attrs import frozen
from babel import Locale
from babel.numbers import format_decimal

CATALOGUES: Final = Path(__file__).parent / "locale"
Code = Literal["en", "de"]
LANGUAGES: Final[tuple[Code, ...]] = ("en", "de")
MOMENTS: Final = {"en": "yyyy-MM-dd HH:mm", "de": "dd.MM.yyyy HH:mm"}
"""Dates that cannot be misread, in either language."""
_NOT_LANGUAGE: Final = re.compile(r"[_.@-].*", re.DOTALL)
"""What follows the language in the name of a locale: country, encoding, variant."""


@frozen
class Language:
    """A language that Kohorte speaks, with the forms of its locale."""

    locale: Locale
    messages: gettext.NullTranslations

    @property
    def code(self) -> Code:
        """Return the code by which sentences about rules know the language."""
        return "de" if self.locale.language == "de" else "en"

    def __call__(self, message: str) -> str:
        """Translate a message or a template."""
        return self.messages.gettext(message) if message else message

    def number(self, number: int | float | Decimal) -> str:
        """Return a number with the locale's separators, and with all of its decimals."""
        return format_decimal(number, locale=self.locale, decimal_quantization=False)

    def moment(self, instant: datetime, zone: tzinfo) -> str:
        """Return an instant as a local date and time."""
        from babel.dates import format_datetime  # noqa: PLC0415 - slow to read, and few commands show a time

        return format_datetime(instant, MOMENTS[self.locale.language], tzinfo=zone, locale=self.locale)

    def day(self, day: date) -> str:
        """Return a date."""
        from babel.dates import format_date  # noqa: PLC0415 - the same

        return format_date(day, MOMENTS[self.locale.language].split()[0], locale=self.locale)


@lru_cache(maxsize=4)
def language(name: str) -> Language:
    """Return a language by its code; English for one that Kohorte does not speak."""
    code = name if name in LANGUAGES else "en"
    found = gettext.translation("kohorte", CATALOGUES, [code], fallback=True)
    return Language(Locale(code), found)


def speak_for_libraries(chosen: Language) -> None:
    """Let the library behind the command line find its messages in the catalogue, too (it asks gettext itself)."""
    # It chooses by the environment, where English, which has no catalogue, would be passed over for the next best.
    speaks = chosen.locale.language != "en"
    gettext.bindtextdomain("kohorte", str(CATALOGUES if speaks else CATALOGUES / "none"))
    gettext.textdomain("kohorte")


def reader_language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the environment: LANGUAGE, LC_ALL, LC_MESSAGES, LANG in that order (GNU gettext).

    LANGUAGE lists several by preference, with colons between them; the first that Kohorte speaks is taken.
    """
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name, ""):
            codes = [_NOT_LANGUAGE.sub("", each) for each in value.split(":")]
            return language(next((code for code in codes if code in LANGUAGES), "en"))
    return language("en")
