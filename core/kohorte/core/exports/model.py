"""An export template: how a tenant's other programs want a segment's members to be written."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import define

from kohorte.core.errors import InvalidValue, naming
from kohorte.core.ports.rendering import Part, Parts
from kohorte.core.values import clean_text

LONGEST: Final = 20_000
"""Characters of a part."""

PLAIN_TEXT: Final = "text/plain"
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][\w.+-]{0,60}/[A-Za-z0-9][\w.+-]{0,60}", re.ASCII)
_EXTENSION: Final = re.compile(r"[a-z0-9]{1,10}")


@define
class ExportTemplate:
    """A named format: what stands before all members, what is written for each, and what stands after them."""

    id: UUID
    name: str
    parts: Parts
    media_type: str
    extension: str
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    version: int = 0


@naming("name")
def template_name(name: str) -> str:
    """Return a cleaned name; raise ``InvalidValue`` for an empty or overlong one."""
    cleaned = clean_text(name, limit=120)
    if cleaned is None:
        raise InvalidValue("A template needs a name.", hint='Name it after what reads it, such as "newsletter tool".')
    return cleaned


def template_parts(parts: Parts) -> Parts:
    """Return sources that can be kept; raise ``InvalidValue`` for control characters, overlong ones and no row."""
    for part in Part:
        with naming(part.value):
            clean_text(parts.of(part), long=True, limit=LONGEST)
    with naming(Part.ROW.value):
        if not parts.row.strip():
            raise InvalidValue(
                "A template needs a row.", hint="Say what is written for each member: {{ contact.email }}"
            )
    return parts


@naming("media_type")
def media_type(text: str) -> str:
    """Return a media type (RFC 6838) without parameters, in small letters; raise ``InvalidValue``."""
    if not _MEDIA_TYPE.fullmatch(text.strip()):
        raise InvalidValue(
            '"{text}" is not a media type.', hint="Write it like text/csv or application/xml.", text=text[:80]
        )
    return text.strip().lower()


@naming("extension")
def file_extension(text: str) -> str:
    """Return the ending of file names in small letters, without a dot; raise ``InvalidValue``."""
    ending = text.strip().lower().removeprefix(".")
    if not _EXTENSION.fullmatch(ending):
        raise InvalidValue(
            '"{text}" cannot be the ending of a file.', hint="Use at most 10 letters and digits.", text=text[:80]
        )
    return ending
