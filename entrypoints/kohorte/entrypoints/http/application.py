"""The HTTP server, put together: the API as a router that fits into any Litestar application, and one of our own."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final
from uuid import UUID

from attrs import frozen
from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.attrs import AttrsSchemaPlugin
from litestar.plugins.prometheus import PrometheusConfig
from litestar.static_files import create_static_files_router
from litestar.types import ExceptionHandlersMap, Middleware

from kohorte.core.errors import KohorteError
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.api import routers
from kohorte.entrypoints.http.asking import Admission, asked_of, use_noted
from kohorte.entrypoints.http.bodies import JsonBody
from kohorte.entrypoints.http.deadlines import Arrival
from kohorte.entrypoints.http.described import answering_head, described
from kohorte.entrypoints.http.health import health_router
from kohorte.entrypoints.http.links import PATH, fetching
from kohorte.entrypoints.http.problems import refuse, refuse_fault, refuse_request
from kohorte.entrypoints.http.rates import Rate, by_address
from kohorte.entrypoints.http.traces import Traces, bare_answers

DOCS: Final = "/api/docs"
_ASSETS: Final = Path(__file__).parent / "assets"
SECURITY: Final = "key"


@frozen
class Limits:
    """What one caller may take: ``body`` bytes of a request, ``requests_a_second`` of one process (0: any number).

    ``seconds`` is how long a body may take to arrive, and then an answer to be found (0: as long as it takes). Files,
    imports and calculations take their time; each piece of a body has so long.
    """

    body: int = 10_000_000
    requests_a_second: int = 100
    seconds: float = 30


_USUAL: Final = Limits()


def api_router(application: Application, limits: Limits = _USUAL) -> Router:
    """Return the API as a router under ``/api``, to be registered with any Litestar application.

    It brings its own admission, problem details, traces and limits, and changes nothing outside of it. The application
    needs ``AttrsSchemaPlugin`` where it describes its routes by OpenAPI.
    """
    return Router(
        "/api",
        route_handlers=routers(),
        guards=[Admission(application, _rate(application, limits)).guard()],
        dependencies={"asked": Provide(asked_of(application, limits.seconds), sync_to_thread=False)},
        after_response=use_noted(application),
        dto=JsonBody,
        return_dto=None,
        exception_handlers=_handlers(),
        middleware=_middleware(application, limits),
        request_max_body_size=limits.body,
        security=[{SECURITY: []}],
    )


def files_router(application: Application, limits: Limits = _USUAL) -> Router:
    """Return the router under ``/files``, where links lead to that jobs tell: whoever has one needs no key."""
    return Router(
        PATH,
        route_handlers=[*answering_head([described(fetching(application))])],
        guards=[by_address(_rate(application, limits))],
        exception_handlers=_handlers(),
        middleware=_middleware(application, limits),
        tags=["files"],
    )


def create_app(application: Application, limits: Limits = _USUAL, *, origins: Sequence[str] = ()) -> Litestar:
    """Return the server as an ASGI application: the API, its description, and what monitoring asks.

    ``origins`` are the sites whose pages may ask it from a browser; none unless named.
    """
    figures = PrometheusConfig(app_name="kohorte", prefix="kohorte", group_path=True, exclude_unhandled_paths=True)
    return Litestar(
        route_handlers=[
            api_router(application, limits),
            files_router(application, limits),
            health_router(application, by_address(_rate(application, limits))),
            create_static_files_router(f"{DOCS}/assets", [_ASSETS], include_in_schema=False),
        ],
        cors_config=CORSConfig(allow_origins=list(origins)) if origins else None,
        exception_handlers=_handlers(),
        middleware=[figures.middleware],
        before_send=[bare_answers(_new_ids(application))],
        openapi_config=_description(),
        plugins=[AttrsSchemaPlugin()],
        logging_config=None,
    )


def _handlers() -> ExceptionHandlersMap:
    return {KohorteError: refuse, HTTPException: refuse_request, Exception: refuse_fault}


def _rate(application: Application, limits: Limits) -> Rate:
    return Rate(limits.requests_a_second, application.clock)


def _middleware(application: Application, limits: Limits) -> list[Middleware]:
    return [Traces(_new_ids(application)), Arrival(limits.seconds)]


def _new_ids(application: Application) -> Callable[[], UUID]:
    def new_id() -> UUID:
        return application.ids.new()

    return new_id


def _description() -> OpenAPIConfig:
    assets = f"{DOCS}/assets"
    page = SwaggerRenderPlugin(
        js_url=f"{assets}/swagger-ui-bundle.js",
        css_url=f"{assets}/swagger-ui.css",
        standalone_preset_js_url=f"{assets}/swagger-ui-standalone-preset.js",
        path="/",
        favicon="",
    )
    return OpenAPIConfig(
        title="Kohorte",
        version=version("kohorte"),
        summary="Customer segments, and what they are made of.",
        path=DOCS,
        render_plugins=[page, JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={
                SECURITY: SecurityScheme(
                    type="http", scheme="bearer", description="An API key: kohorte key create NAME --role ROLE"
                )
            }
        ),
    )
