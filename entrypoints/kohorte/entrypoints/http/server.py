"""Serving: the ASGI application on a socket, with the worker beside it, until it is asked to stop."""

import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Final

import uvicorn
from litestar import Litestar

from kohorte.core.errors import InvalidInput
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.worker.running import run_worker

GRACE: Final = 30
"""Seconds for which requests may end after the server was asked to stop."""
_BACKLOG: Final = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise ``InvalidInput`` where the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as refused:
        raise InvalidInput(
            "The server cannot listen at {host}, port {port}: {reason}.",
            hint="Choose another port with --port, or stop what uses it.",
            host=host,
            port=port,
            reason=getattr(refused, "strerror", None) or str(refused),
        ) from None


def free_port(host: str, port: int) -> int:
    """Return a port where it is free, or else 0, which means any that is."""
    try:
        listen(host, port).close()
    except InvalidInput:
        return 0
    return port


@contextmanager
def working(application: Application, horizon: timedelta) -> Generator[None]:
    """Let a worker keep members true beside the server, in a thread of its own; it ends after the step at hand."""
    stop = Event()
    worker = Thread(target=run_worker, args=(application, stop), kwargs={"horizon": horizon}, name="worker")
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def serve(app: Litestar, listening: socket.socket) -> None:
    """Answer requests until the process is asked to stop (SIGTERM, SIGINT); those that run may end.

    Headers of proxies are not believed: whoever sets them could pretend to be anybody.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE,
    )
    with _left_in_peace():
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _left_in_peace() -> Generator[None]:
    """Let a signal that stopped the server end nothing else: it raises it again once it has stopped."""
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
