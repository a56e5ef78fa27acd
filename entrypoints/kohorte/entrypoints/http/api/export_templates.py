"""Export templates: formats in which other programs want members to be written."""

from collections.abc import Sequence
from typing import Annotated

from attrs import frozen
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.exports.commands import ChangeExportTemplate, CreateExportTemplate, DeleteExportTemplate
from kohorte.core.exports.model import PLAIN_TEXT, ExportTemplate
from kohorte.core.ports.rendering import Parts
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.versions import IfMatch, checking, etag
from kohorte.entrypoints.views.exports import ExportTemplateView, export_template_view

Name = Annotated[str, PathParameter(description="The name of a template.")]


@frozen
class ExportTemplateBody:
    """A format: what stands before all members, what is written for each, and what stands after them (Jinja)."""

    name: str
    row: str
    header: str = ""
    footer: str = ""
    extension: str = "txt"
    media_type: str = PLAIN_TEXT


@post("/", opt=needs(Permission.TEMPLATES_WRITE), status_code=HTTP_201_CREATED, sync_to_thread=True)
def create_template(
    data: JSONBody[ExportTemplateBody], asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
) -> Response[ExportTemplateView]:
    """Make a template."""
    parts = Parts(data.header, data.row, data.footer)
    return once(asked, idempotency_key, CreateExportTemplate(data.name, parts, data.extension, data.media_type), _made)


@get("/", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_templates(asked: NamedDependency[Asked]) -> list[ExportTemplateView]:
    """List all templates by name."""
    return [export_template_view(each) for each in asked.read(lambda ports: ports.work.export_templates.all())]


@get("/{name:str}", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_template(name: Name, asked: NamedDependency[Asked]) -> Response[ExportTemplateView]:
    """Read a template."""
    return _told(asked.read(lambda ports: ports.work.export_templates.by_name(name)))


@put("/{name:str}", opt=needs(Permission.TEMPLATES_WRITE), sync_to_thread=True)
def replace_template(
    name: Name, data: JSONBody[ExportTemplateBody], asked: NamedDependency[Asked], if_match: IfMatch = None
) -> Response[ExportTemplateView]:
    """Replace all of a template, its name too."""
    with checking(if_match) as version:
        command = ChangeExportTemplate(
            name, data.header, data.row, data.footer, data.extension, data.media_type, data.name, version
        )
        return _told(asked.run(command))


@delete("/{name:str}", opt=needs(Permission.TEMPLATES_WRITE), sync_to_thread=True)
def delete_template(name: Name, asked: NamedDependency[Asked], if_match: IfMatch = None) -> None:
    """Delete a template."""
    with checking(if_match) as version:
        asked.run(DeleteExportTemplate(name, version))


def _made(template: ExportTemplate) -> Response[ExportTemplateView]:
    return Response(export_template_view(template), status_code=HTTP_201_CREATED, headers=etag(template.version))


def _told(template: ExportTemplate) -> Response[ExportTemplateView]:
    return Response(export_template_view(template), headers=etag(template.version))


ROUTES: Sequence[HTTPRouteHandler] = (
    create_template,
    read_templates,
    read_template,
    replace_template,
    delete_template,
)
