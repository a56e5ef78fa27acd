"""Asking twice for one thing: with an ``Idempotency-Key`` a command happens once, and its answer comes again."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Response
from litestar.params import HeaderParameter
from litestar.status_codes import HTTP_200_OK

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.core.messages import Command
from kohorte.core.ports.answers import Answer
from kohorte.entrypoints.http.asking import Asked

R = TypeVar("R")
V = TypeVar("V")
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A text of your choosing: asked again with it within a day, nothing happens but the same answer.",
    ),
]
REPLAYED: Final = "Idempotency-Replayed"


class KeyReused(InvalidInput):
    """An idempotency key came with another request before."""

    code = "idempotency_key_reused"


def once(asked: Asked, key: str | None, command: Command[R], respond: Callable[[R], Response[V]]) -> Response[V]:
    """Run a command and answer; with a key that came before, only answer as then.

    The answer is kept in the transaction of the command: either both exist or neither does, whatever crashes when. That
    of a command which commits part by part is kept with its last part; asked again before, it repeats what changes
    nothing. Of two that come at once with one key, one runs, and the other gets its answer. Raise ``KeyReused`` where
    the key came with another request.
    """
    if key is None:
        return respond(asked.run(command))
    mark = _mark(str(asked.caller.key_id), key)
    if (before := _answered(asked, mark)) is not None:
        return before
    kept: list[Response[V]] = []

    def keep(result: R, ports: Ports) -> None:
        kept.append(respond(result))
        ports.work.answers.keep(_answer(mark, asked.fingerprint, kept[0]), ports.clock.now())

    try:
        asked.run(command, also=keep)
    except KohorteError:  # of two at once the other one came first: the name is taken, or the mark
        if (before := _answered(asked, mark)) is not None:
            return before
        raise
    return kept[0]


def _answered(asked: Asked, mark: str) -> Response[Any] | None:
    """Return the answer that was given before; raise ``KeyReused`` where it was another question."""
    found = asked.read(lambda ports: ports.work.answers.find(mark, ports.clock.now()))
    if found is None:
        return None
    if found.fingerprint != asked.fingerprint:
        raise KeyReused(
            "This Idempotency-Key came with another request.", hint="Make a new key for each thing that you ask for."
        )
    headers = {**found.headers, REPLAYED: "true"}
    return Response(found.body.encode(), status_code=found.status, headers=headers, media_type="application/json")


def _answer(mark: str, fingerprint: str, response: Response[Any]) -> Answer:
    headers: Mapping[str, str] = dict(response.headers)
    return Answer(
        mark, fingerprint, response.status_code or HTTP_200_OK, headers, msgspec.json.encode(response.content).decode()
    )


def _mark(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
