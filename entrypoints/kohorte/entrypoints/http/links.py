"""Files by signed links: whoever has the link gets the file, without a key, until the link expires."""

from datetime import datetime
from http import HTTPStatus
from pathlib import PurePath
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from litestar.response import Stream

from kohorte.core.errors import NotFound
from kohorte.core.files.model import StoredFile
from kohorte.core.files.queries import read_file
from kohorte.core.jobs.queries import kept_file
from kohorte.core.ports.signing import ExpiredSignature, InvalidSignature
from kohorte.core.tenants.model import Tenant
from kohorte.core.tenants.queries import list_tenants
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.exporting import ARCHIVE, ARCHIVE_TYPE, MEDIA_TYPES
from kohorte.entrypoints.http.described import problem_answer

PATH: Final = "/files"
_PURPOSE: Final = "file"
_MEDIA_TYPES: Final = {
    PurePath(ARCHIVE).suffix: ARCHIVE_TYPE,
    **{f".{form.value}": media_type for form, media_type in MEDIA_TYPES.items()},
}
_OTHER: Final = "application/octet-stream"

Token = Annotated[str, PathParameter(max_length=500, description="What a job says of its file.")]


def link_to(application: Application, tenant: Tenant, file: StoredFile, until: datetime) -> str:
    """Return the address of a file, good until an instant: it names the tenant and the file, signed together."""
    return f"{PATH}/{application.signing.sign(_PURPOSE, tenant.id.bytes + file.id.bytes, until)}"


def fetching(application: Application) -> HTTPRouteHandler:
    """Return the route that gives files to whoever has a link."""

    @get(
        "/{token:str}",
        media_type="*/*",  # the name of the file says which
        sync_to_thread=True,
        responses={
            HTTPStatus.NOT_FOUND: problem_answer(
                HTTPStatus.NOT_FOUND, "Nobody made this link, or the file was forgotten."
            ),
            HTTPStatus.GONE: problem_answer(HTTPStatus.GONE, "The link has expired: the job tells another one."),
        },
    )
    def fetch_file(token: Token) -> Stream:
        """Fetch a file by a link that a job told: no key is needed, the link is signed and expires."""
        tenant, file = _found(application, token)
        headers = file_headers(file.name, _MEDIA_TYPES.get(PurePath(file.name).suffix, _OTHER), file.size)
        return Stream(read_file(application.bus, tenant, file), headers=headers)

    return fetch_file


def file_headers(name: str, media_type: str, size: int) -> dict[str, str]:
    """Return the headers of a file: what it is, how large, and under which name a browser saves it (RFC 6266)."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_. ") else "_" for sign in name)
    return {
        "Content-Type": media_type,
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }


def _found(application: Application, token: str) -> tuple[Tenant, StoredFile]:
    """Return the file of a link with its tenant; raise ``NotFound``, or ``ExpiredSignature`` for one that was good."""
    now, missing = application.clock.now(), NotFound("There is no file at this address.", hint="Ask for its job again.")
    try:
        told = application.signing.verify(_PURPOSE, token, now)
    except ExpiredSignature:
        raise
    except InvalidSignature:
        raise missing from None
    tenant_id, file_id = UUID(bytes=told[:16]), UUID(bytes=told[16:])
    tenant = next((each for each in list_tenants(application.storage) if each.id == tenant_id), None)
    if tenant is None:
        raise missing
    with application.bus.ports(tenant, reading=True) as ports:
        file = kept_file(ports, file_id)
    if file is None:
        raise missing
    return tenant, file
