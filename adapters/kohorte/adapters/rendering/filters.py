"""The filters of templates: how values are written for what reads the export. Each result is bounded."""

import json as json_format
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import wraps
from html import escape
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from kohorte.adapters.files.members import cell_value, defused, json_value
from kohorte.adapters.rendering.limits import MOST_TEXT
from kohorte.core.ports.rendering import TemplateFailed, TemplateLimit

ZONE: Final = "_zone"
"""Under this name a template's context has the zone; no template can say a name that begins so."""

_QUOTED: Final = re.compile(r'[",;\t\r\n|]|^ | $')
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATE_PARTS: Final = re.compile(r"(?:[^%]|%[YmdHMSyjVGu%]){0,100}", re.DOTALL)

Filter = Callable[..., object]


def text_of(value: object) -> str:
    """Return a value as templates write it without a filter: as the cells of a CSV file have it."""
    return str(cell_value(value))


def bounded(text: str) -> str:
    """Return a text; raise ``TemplateLimit`` where it is longer than any may be."""
    if len(text) > MOST_TEXT:
        raise TemplateLimit("It makes a text of more than {most} characters.", hint="Make it shorter.", most=MOST_TEXT)
    return text


# -- for what reads the export -------------------------------------------------------------------------------------


def csv(value: object, safe: bool = True) -> str:
    """Return a cell of a CSV file (RFC 4180), quoted where it must be; ``safe`` from spreadsheets, as exports are."""
    cell = str(defused(value) if safe else cell_value(value))
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def json(value: object) -> str:
    """Return a value as JSON, text with its quotes; ``<``, ``>`` and ``&`` as escapes, so that it fits in HTML too."""
    told = json_format.dumps(json_value(value), ensure_ascii=False)
    return told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def xml(value: object) -> str:
    """Return text for an element or an attribute of XML; what XML has no way to write becomes U+FFFD."""
    return escape(_NOT_XML.sub("�", text_of(value)))


def url(value: object) -> str:
    """Return text for a part of an address."""
    return quote(text_of(value), safe="")


# -- for people ----------------------------------------------------------------------------------------------------


def default(value: object, instead: object = "") -> object:
    """Return another value for a missing one."""
    return instead if value is None else value


def join(value: object, separator: str = ", ") -> str:
    """Return the texts of a list with a separator between them."""
    if not isinstance(value, list | tuple):
        raise TemplateFailed("Only lists are joined.", hint="Tags are lists: contact.tags | join(', ')")
    texts = [text_of(each) for each in value]
    if sum(map(len, texts)) + len(separator) * len(texts) > MOST_TEXT:
        raise TemplateLimit("It makes a text of more than {most} characters.", hint="Make it shorter.", most=MOST_TEXT)
    return separator.join(texts)


def replace(value: object, old: str, new: str) -> str:
    """Return a text in which one text stands for another."""
    text = text_of(value)
    if not old:
        raise TemplateFailed("The filter replace needs a text to look for.", hint="Write replace(',', '.').")
    if len(text) + text.count(old) * len(new) > MOST_TEXT:
        raise TemplateLimit("It makes a text of more than {most} characters.", hint="Make it shorter.", most=MOST_TEXT)
    return text.replace(old, new)


def truncate(value: object, length: int) -> str:
    """Return the beginning of a text."""
    return text_of(value)[: max(0, length)]


@pass_context
def date_text(context: Context, value: object, form: str = "%Y-%m-%d") -> str:
    """Return a day or an instant, in the tenant's zone, in a form: ``%d.%m.%Y %H:%M``."""
    if not isinstance(value, date):
        raise TemplateFailed("Only days and instants have a form.", hint="Take the filter date away.")
    if not _DATE_PARTS.fullmatch(form):
        raise TemplateFailed(
            "The form of a date has a part that is not known.", hint="Known are %Y %m %d %H %M %S %y %j %V %G %u %%."
        )
    zone: ZoneInfo = context[ZONE]
    return (value.astimezone(zone) if isinstance(value, datetime) else value).strftime(form)


def _text_filter(change: Callable[[str], str]) -> Filter:
    return lambda value: change(text_of(value))


def _harmless(function: Filter) -> Filter:
    """Return a filter whose result is bounded."""

    @wraps(function)
    def harmless(*arguments: Any, **named: Any) -> object:
        made = function(*arguments, **named)
        return bounded(made) if isinstance(made, str) else made

    return harmless


def _of_known(function: Filter, place: int = 0) -> Filter:
    """Return a filter that leaves a missing value missing."""

    @wraps(function)
    def of_known(*arguments: Any, **named: Any) -> object:
        return None if arguments[place] is None else function(*arguments, **named)

    return of_known


FILTERS: Final[Mapping[str, Filter]] = {
    "csv": _harmless(csv),
    "json": _harmless(json),
    "xml": _harmless(xml),
    "url": _harmless(url),
    "default": default,
    "date": _of_known(_harmless(date_text), 1),
    "join": _of_known(_harmless(join)),
    "lower": _of_known(_harmless(_text_filter(str.lower))),
    "replace": _of_known(_harmless(replace)),
    "trim": _of_known(_harmless(_text_filter(str.strip))),
    "truncate": _of_known(_harmless(truncate)),
    "upper": _of_known(_harmless(_text_filter(str.upper))),
}
"""All filters by name."""
