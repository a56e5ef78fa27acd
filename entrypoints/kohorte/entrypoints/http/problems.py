"""Errors over HTTP: problem details (RFC 9457) with a stable code, in the reader's language."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from attrs import field, frozen
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from kohorte.core.access.model import InvalidKey
from kohorte.core.access.permissions import MissingPermission
from kohorte.core.errors import (
    AlreadyExists,
    Conflict,
    KeptError,
    KohorteError,
    NotAllowed,
    NotFound,
    StorageUnavailable,
    TookTooLong,
    Translate,
)
from kohorte.core.event_feed import EventsForgotten
from kohorte.core.ports.rules import Problem, RuleRefused
from kohorte.core.ports.signing import ExpiredSignature
from kohorte.core.saving import InvalidFields
from kohorte.core.segments.examples import ExamplesFailed
from kohorte.entrypoints.http.asking import Asking
from kohorte.entrypoints.http.bodies import InvalidBody, MalformedBody, UnsupportedMediaType, no_body, pointer_to
from kohorte.entrypoints.http.deadlines import IncompleteBody, RequestTimeout
from kohorte.entrypoints.http.languages import language_of
from kohorte.entrypoints.http.rates import SECONDS, TooManyRequests
from kohorte.entrypoints.http.versions import PreconditionFailed

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = {HTTPStatus.SERVICE_UNAVAILABLE: 5, HTTPStatus.TOO_MANY_REQUESTS: SECONDS}
"""Seconds after which a client may try again."""

_BODY: Final = "data"
"""The parameter by which handlers take a body."""

_log = logging.getLogger(__name__)


@frozen
class Fault:
    """One of several things that are wrong: where in the body (``pointer``, RFC 6901) and where in a rule's text.

    ``parameter`` is the part of the address, or the header, that it is about instead.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    hint: str | None = None
    line: int | None = None
    column: int | None = None
    start: int | None = None
    end: int | None = None


@frozen
class ProblemDetails:
    """What was wrong and what to do (RFC 9457); ``code`` is stable, the texts are for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None
    errors: tuple[Fault, ...] = field(default=())


STATUS: Final[Mapping[type[KohorteError], HTTPStatus]] = {
    MalformedBody: HTTPStatus.BAD_REQUEST,
    IncompleteBody: HTTPStatus.BAD_REQUEST,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    InvalidKey: HTTPStatus.UNAUTHORIZED,
    MissingPermission: HTTPStatus.FORBIDDEN,
    EventsForgotten: HTTPStatus.GONE,
    ExpiredSignature: HTTPStatus.GONE,
    NotFound: HTTPStatus.NOT_FOUND,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    AlreadyExists: HTTPStatus.CONFLICT,
    Conflict: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.CONFLICT,
    StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TookTooLong: HTTPStatus.GATEWAY_TIMEOUT,
    RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
}
"""The status of each kind of error: the nearest kind tells. What else is a ``ValueError`` is the caller's: 422."""


def status_of(error: type[KohorteError]) -> HTTPStatus:
    """Return the HTTP status of a kind of error."""
    known = (STATUS[kind] for kind in error.__mro__ if kind in STATUS)
    mistaken = HTTPStatus.UNPROCESSABLE_ENTITY if issubclass(error, ValueError) else HTTPStatus.INTERNAL_SERVER_ERROR
    return next(known, mistaken)


def details_of(error: KohorteError, translate: Translate) -> ProblemDetails:
    """Return an error as problem details."""
    status = status_of(type(error))
    return ProblemDetails(
        f"urn:kohorte:problem:{error.code}",
        status.phrase,
        status,
        error.text(translate),
        error.code,
        error.advice(translate) or None,
        tuple(_faults(error, translate)),
    )


def details_of_status(status: HTTPStatus, translate: Translate, *faults: Fault) -> ProblemDetails:
    """Return what the server itself found wrong, where the status says all, as problem details."""
    code = _CODES.get(status, "invalid_request")
    said = translate(SAID.get(status, "The request cannot be answered."))
    return ProblemDetails(f"urn:kohorte:problem:{code}", status.phrase, status, said, code, errors=faults)


def details_of_kept(kept: KeptError, translate: Translate) -> ProblemDetails:
    """Return an error that was kept as problem details."""
    status, error = status_of(_kind_of(kept.code, KohorteError) or KohorteError), kept.error
    return ProblemDetails(
        f"urn:kohorte:problem:{kept.code}",
        status.phrase,
        status,
        error.text(translate),
        kept.code,
        error.advice(translate) or None,
    )


def _kind_of(code: str, kind: type[KohorteError]) -> type[KohorteError] | None:
    """Return the most general kind of error with a code, among a kind and those below it."""
    if kind.code == code:
        return kind
    return next(filter(None, (_kind_of(code, each) for each in kind.__subclasses__())), None)


def _faults(error: KohorteError, translate: Translate) -> Iterator[Fault]:
    match error:
        case InvalidBody():
            for each in error.misfits:
                yield _fault(each.error, translate, each.pointer)
        case InvalidFields():
            for name, problem in error.problems.items():
                yield _fault(problem, translate, "/" + name.replace(".", "/"))
        case RuleRefused():
            for found in error.problems:
                yield _place(found, translate, pointer_to("", error.field or "rule"))
        case ExamplesFailed():
            for failed in error.failed:
                yield Fault(error.code, failed.example.key, "/examples")
        case _ if error.field:
            yield _fault(error, translate, pointer_to("", error.field))
        case _:
            return


def _fault(error: KohorteError, translate: Translate, pointer: str) -> Fault:
    return Fault(error.code, error.text(translate), pointer, hint=error.advice(translate) or None)


def _place(found: Problem, translate: Translate, pointer: str) -> Fault:
    return Fault(
        found.code,
        found.text(translate),
        pointer,
        hint=found.advice(translate) or None,
        line=found.line,
        column=found.column,
        start=found.start,
        end=found.end,
    )


# -- answers -----------------------------------------------------------------------------------------------------


def refuse(request: Asking, error: KohorteError) -> Response[ProblemDetails]:
    """Answer with an error of the core."""
    details = details_of(error, language_of(request))
    headers = {}
    if details.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="kohorte"'
    if (seconds := RETRY_AFTER.get(HTTPStatus(details.status))) is not None:
        headers["Retry-After"] = str(seconds)
    return _response(details, headers)


def refuse_request(request: Asking, error: HTTPException) -> Response[ProblemDetails]:
    """Answer with what the server itself found wrong with a request: its path, its method, its query, its size."""
    status = HTTPStatus(error.status_code)
    faults: Sequence[Fault] = ()
    if isinstance(error, ValidationException):
        status = HTTPStatus.BAD_REQUEST
        faults = [
            Fault("invalid_parameter", str(each.get("message", "")), parameter=each.get("key"))
            for each in _extra(error.extra)
        ]
        if any(each.parameter == _BODY for each in faults):
            return refuse(request, no_body())
    return _response(details_of_status(status, language_of(request), *faults), dict(error.headers or {}))


def refuse_fault(request: Asking, fault: Exception) -> Response[ProblemDetails]:
    """Answer where Kohorte itself is wrong: the log says where, the answer says nothing of the data."""
    _log.error("A request failed: %s %s", request.method, request.scope.get("path_template"), exc_info=fault)
    return _response(details_of_status(HTTPStatus.INTERNAL_SERVER_ERROR, language_of(request)), {})


def _extra(extra: object) -> Sequence[Mapping[str, Any]]:
    return [each for each in extra if isinstance(each, Mapping)] if isinstance(extra, list) else []


def _response(details: ProblemDetails, headers: Mapping[str, str]) -> Response[ProblemDetails]:
    return Response(details, status_code=details.status, media_type=MEDIA_TYPE, headers=dict(headers))


_CODES: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "invalid_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "unexpected",
}
SAID: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "The request is not as its operation takes it.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Kohorte made a mistake. The log of the server says more under the id of this request."
    ),
}
