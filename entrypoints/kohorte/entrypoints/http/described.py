"""How operations are described: with every answer that they may give, not only the good one, and examples of each."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import partial
from http import HTTPStatus
from inspect import getdoc, signature
from typing import Any, Final, get_args, get_origin

from litestar import Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType
from litestar.response import Stream

from kohorte.core.access.model import InvalidKey
from kohorte.core.access.permissions import MissingPermission, Permission
from kohorte.core.errors import Conflict, InvalidValue, NotFound, StorageUnavailable, TookTooLong, as_written
from kohorte.entrypoints.http.bodies import InvalidBody, Misfit, UnsupportedMediaType
from kohorte.entrypoints.http.deadlines import RequestTimeout
from kohorte.entrypoints.http.examples import answer, example_of, shown
from kohorte.entrypoints.http.problems import MEDIA_TYPE, ProblemDetails, details_of, details_of_status
from kohorte.entrypoints.http.rates import TooManyRequests
from kohorte.entrypoints.http.traces import HEADER
from kohorte.entrypoints.http.versions import PreconditionFailed

_ALWAYS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The request is not as the operation takes it.",
    HTTPStatus.UNAUTHORIZED: "There is no key, or not a good one.",
    HTTPStatus.FORBIDDEN: "The key may not do this.",
    HTTPStatus.NOT_FOUND: "Something that is named does not exist.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something that is said cannot be taken; the errors say what and where.",
    HTTPStatus.TOO_MANY_REQUESTS: "The caller asks too much; the headers say when it may ask again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Kohorte made a mistake.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database cannot be used now.",
    HTTPStatus.GATEWAY_TIMEOUT: "The answer took too long to find, and was given up; nothing was half done.",
}
FILE: Final = "file"
"""Where a route says that its body is a file: an example by media type."""
_FASTER: Final = "Somebody else changed the same data at the same moment."
_CONFLICT: Final = "The state of things does not permit it: somebody was faster, a name is taken, others depend on it."
_OUTDATED: Final = "If-Match names another version than the present one."
_LARGE: Final = "The body is too large."
_OTHER: Final = "The body says that it is something else than JSON."
_SLOW: Final = "The body did not arrive in time."

_HEADERS: Final[Mapping[str, str]] = {
    HEADER: "The id of the request, as the log names it: the caller's own, where it sent one.",
    "RateLimit-Limit": "How often the caller may ask within a second.",
    "RateLimit-Remaining": "How often it may ask in what is left of it.",
    "RateLimit-Reset": "Seconds until it may ask so often again.",
}
_LOCATION: Final = {"Location": "The address of what was made."}
_TAG: Final = {"ETag": "The version of what the answer tells of, where it has one: to be sent as If-Match."}
_AGAIN: Final = {"Retry-After": "Seconds after which one may ask again."}
_MADE: Final = (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
_LATER: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


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
    if "data" in takes:
        told[HTTPStatus.UNSUPPORTED_MEDIA_TYPE] = _OTHER
    if "if_match" in takes:
        told[HTTPStatus.PRECONDITION_FAILED] = _OUTDATED
    problems = {int(status): problem_answer(status, text) for status, text in told.items()}
    route.responses = {**problems, **(route.responses or {})}
    made: Any = partial(_operation, route)
    route.operation_class = made
    return route


def answering_head(routes: Iterable[HTTPRouteHandler]) -> Iterator[HTTPRouteHandler]:
    """Yield routes, and beside each that reads one for HEAD (RFC 9110, 9.3.2): the server leaves its body out."""
    for route in routes:
        yield route
        if route.http_methods == {HttpMethod.GET}:
            twin = copy(route)
            twin.http_methods, twin.include_in_schema = {HttpMethod.HEAD}, False
            yield twin


def problem_answer(status: HTTPStatus, description: str) -> ResponseSpec:
    """Return how a refusal is described."""
    return answer(ProblemDetails, description, MEDIA_TYPE, _problem(status))


def _problem(status: HTTPStatus) -> ProblemDetails:
    """Return what may be wrong, as an example."""
    missing = NotFound("There is no job {id}.", hint="See all with: kohorte job list", id=example_of(str))
    away, later = "The database {path} cannot be opened.", "Try again later."
    known = {
        HTTPStatus.UNAUTHORIZED: InvalidKey(
            "This key is not valid.", hint="Check that it is complete, or ask for a new one."
        ),
        HTTPStatus.FORBIDDEN: MissingPermission(
            'The key "{name}" may not do this: it lacks the permission {permission}.',
            hint="Use a key with another role.",
            name="web shop",
            permission=Permission.SEGMENTS_WRITE.value,
        ),
        HTTPStatus.NOT_FOUND: missing,
        HTTPStatus.REQUEST_TIMEOUT: RequestTimeout(
            "The body did not arrive in time.", hint="Send it faster, or less of it."
        ),
        HTTPStatus.CONFLICT: Conflict(_FASTER, hint="Try again."),
        HTTPStatus.PRECONDITION_FAILED: PreconditionFailed(_FASTER, hint="Try again."),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaType(
            "The body says that it is {kind}.",
            hint="Send JSON, with Content-Type: application/json.",
            kind="text/plain",
        ),
        HTTPStatus.UNPROCESSABLE_ENTITY: InvalidBody((Misfit("/name", InvalidValue("This is missing.")),)),
        HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests("These are too many requests."),
        HTTPStatus.SERVICE_UNAVAILABLE: StorageUnavailable(away, hint=later, path="kohorte.db"),
        HTTPStatus.GATEWAY_TIMEOUT: TookTooLong("The time for this is over."),
    }
    return details_of(known[status], as_written) if status in known else details_of_status(status, as_written)


def _operation(route: HTTPRouteHandler, **told: Any) -> Operation:
    """Return an operation as the framework describes it, with an example of its good answer, and with headers."""
    made = Operation(**told)
    answers: Mapping[str, Any] = made.responses or {}
    for status, each in answers.items():
        each.headers = {**(each.headers or {}), **_headers(HTTPStatus(int(status)), route)}
    _show_example(answers[str(route.status_code)], _answered(route))
    if FILE in route.opt:
        made.request_body = _file(route.opt[FILE])
    return made


def _file(examples: Mapping[str, str]) -> RequestBody:
    """Return a body that is a file as it is, of any of some media types, each with an example."""
    schema = Schema(type=OpenAPIType.STRING)
    content = {
        name: OpenAPIMediaType(schema, examples={"usual": Example(value=text)}) for name, text in examples.items()
    }
    return RequestBody(content, description="The file, as it is.", required=True)


def _headers(status: HTTPStatus, route: HTTPRouteHandler) -> dict[str, OpenAPIHeader]:
    names = dict(_HEADERS)
    if status in _MADE:
        names |= _LOCATION
    if status < HTTPStatus.MULTIPLE_CHOICES and get_origin(signature(route.fn).return_annotation) is Response:
        names |= _TAG
    if status in _LATER:
        names |= _AGAIN
    return {
        name: OpenAPIHeader(description=text, schema=Schema(type=OpenAPIType.STRING)) for name, text in names.items()
    }


def _answered(route: HTTPRouteHandler) -> Any:
    """Return the type of an operation's good answer."""
    told = signature(route.fn).return_annotation
    return get_args(told)[0] if get_origin(told) is Response else told


def _show_example(response: OpenAPIResponse, kind: Any) -> None:
    if kind not in (None, Stream, bytes):
        for content in (response.content or {}).values():
            content.examples = {"usual": shown(example_of(kind))}
            if isinstance(content.schema, Schema) and content.schema.one_of:  # one may have all that the other needs
                content.schema.any_of, content.schema.one_of = content.schema.one_of, None
