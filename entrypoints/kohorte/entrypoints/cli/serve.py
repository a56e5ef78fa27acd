"""``kohorte serve``: answer over HTTP."""

import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Final

import click

from kohorte.entrypoints.cli.commands import TranslatedCommand, examples, option
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.worker import horizon_option

HOST: Final = "127.0.0.1"
PORT: Final = 8000
RATE: Final = 100
TIME_LIMIT: Final = 30


@examples(
    ("kohorte serve", "the API for this machine alone"),
    ("kohorte serve --host 0.0.0.0 --port 80", "for everybody who reaches this machine"),
)
@click.command(cls=TranslatedCommand)
@option("--host", metavar="ADDRESS", default=HOST, show_default=True, help="Address to listen at.")
@option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="Port to listen at.")
@option(
    "--rate",
    type=click.IntRange(0),
    default=RATE,
    show_default=True,
    help="Requests a second of one key; 0: any number.",
)
@option(
    "--time-limit",
    type=click.IntRange(0),
    default=TIME_LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="Seconds in which a request is answered or given up; 0: as long as it takes.",
)
@option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="A site whose pages may ask from a browser; can be given again.",
)
@option("--no-worker", is_flag=True, help="Leave keeping members true to kohorte worker.")
@horizon_option
@common()
def serve(
    session: Session,
    host: str,
    port: int,
    rate: int,
    time_limit: float,
    origins: tuple[str, ...],
    *,
    no_worker: bool,
    horizon: float,
) -> None:
    """Answer over HTTP until stopped: the API, its description at /api/docs, and what monitoring asks.

    A worker beside it keeps the members of all segments true. Programs need a key: kohorte key create. The log goes to
    the standard error, one JSON object a line.
    """
    ahead = None if no_worker else timedelta(hours=horizon)
    with answering(session, host, port, rate=rate, time_limit=time_limit, origins=origins, foreseeing=ahead) as address:
        session.output.say(
            "Kohorte answers at {address}/api, and describes itself at {address}/api/docs.", address=address
        )


@contextmanager
def answering(
    session: Session,
    host: str = HOST,
    port: int = PORT,
    *,
    rate: int = RATE,
    time_limit: float = TIME_LIMIT,
    origins: tuple[str, ...] = (),
    foreseeing: timedelta | None = None,
) -> Generator[str]:
    """Yield the address that is listened at already; answer there from the end of the block until stopped.

    A worker beside it keeps bounds so far ahead; None: there is none.
    """
    # Slow to read, and few commands need them.
    from kohorte.entrypoints.http.application import Limits, create_app  # noqa: PLC0415
    from kohorte.entrypoints.http.logs import log_json  # noqa: PLC0415
    from kohorte.entrypoints.http.server import listen, serve, working  # noqa: PLC0415

    application = session.application
    _ = application.signing  # what is wrong with the secret is told to who starts the server, and not to its callers
    app = create_app(application, Limits(requests_a_second=rate, seconds=time_limit), origins=origins)
    with listen(host, port) as listening:
        yield "http://{}:{}".format(f"[{host}]" if ":" in host else host, listening.getsockname()[1])
        sys.stdout.flush()
        log_json(sys.stderr)
        with nullcontext() if foreseeing is None else working(application, foreseeing):
            serve(app, listening)
