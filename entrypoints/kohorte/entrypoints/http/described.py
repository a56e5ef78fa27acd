"""How operations are described: with every answer that they may give, not only the good one."""

from collections.abc import Mapping
from http import HTTPStatus
from inspect import getdoc, signature
from typing import Final

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from kohorte.entrypoints.http.problems import MEDIA_TYPE, ProblemDetails

_ALWAYS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The request is not as the operation takes it.",
    HTTPStatus.UNAUTHORIZED: "There is no key, or not a good one.",
    HTTPStatus.FORBIDDEN: "The key may not do this.",
    HTTPStatus.NOT_FOUND: "Something that is named does not exist.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something that is said cannot be taken; the errors say what and where.",
    HTTPStatus.TOO_MANY_REQUESTS: "The key asks too much; the headers say when it may ask again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Kohorte made a mistake.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database cannot be used now.",
    HTTPStatus.GATEWAY_TIMEOUT: "The answer took too long to find, and was given up; nothing was half done.",
}
_CONFLICT: Final = "The state of things does not permit it: somebody was faster, a name is taken, others depend on it."
_OUTDATED: Final = "If-Match names another version than the present one."
_LARGE: Final = "The body is too large."
_SLOW: Final = "The body did not arrive in time."


def described(route: HTTPRouteHandler) -> HTTPRouteHandler:
    """Return a route that says in the words of its function what it does, and also how it refuses."""
    route.description = getdoc(route.fn)
    route.summary = route.fn.__name__.replace("_", " ").capitalize()
    told = dict(_ALWAYS)
    takes = signature(route.fn).parameters
    if route.http_methods != {"GET"}:
        told[HTTPStatus.CONFLICT] = _CONFLICT
        told[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = _LARGE
        told[HTTPStatus.REQUEST_TIMEOUT] = _SLOW
    if "if_match" in takes:
        told[HTTPStatus.PRECONDITION_FAILED] = _OUTDATED
    route.responses = {**{int(status): _problem(text) for status, text in told.items()}, **(route.responses or {})}
    return route


def _problem(text: str) -> ResponseSpec:
    return ResponseSpec(ProblemDetails, generate_examples=False, description=text, media_type=MEDIA_TYPE)
