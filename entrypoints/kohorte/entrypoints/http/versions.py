"""Versions of what is changed over HTTP: an ETag with each answer, and ``If-Match`` where it is changed."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Final

from litestar.params import HeaderParameter

from kohorte.core.errors import Conflict, InvalidInput

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", description="The ETag that you have seen: nothing is changed where it is outdated."
    ),
]
_TAG: Final = re.compile(r'"(?P<version>[0-9]{1,18})"')


class PreconditionFailed(Conflict):
    """The ``If-Match`` of a request names another version than the stored one."""

    code = "precondition_failed"


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version (RFC 9110, 8.8.3): it changes whenever somebody changes the thing."""
    return {"ETag": f'"{version}"'}


def seen(if_match: str | None) -> int | None:
    """Return the version that a caller has seen, by ``If-Match`` (RFC 9110, 13.1.1); None: any.

    Raise ``InvalidInput`` for a text that no answer ever had.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidInput(
            "If-Match names no version.", hint="Send the ETag of the answer that you have seen, as it is."
        )
    return int(found["version"])


@contextmanager
def checking(if_match: str | None) -> Generator[int | None]:
    """Yield the version that a caller has seen; a conflict with it is a failed precondition."""
    version = seen(if_match)
    try:
        yield version
    except Conflict as conflict:
        if version is None:
            raise
        raise PreconditionFailed(conflict.template, hint=conflict.hint_template, **conflict.values) from conflict
