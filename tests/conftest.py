"""What every test may use: the two sizes of the laws, and a PostgreSQL server where a test asks for one."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import Database, Server, join_server, start_server, stop_server

# Slow machines are not wrong ones: no profile judges time. The small one tries the same examples on every run, so that
# nobody's change fails for a reason that lies elsewhere; the thorough one looks for new ones. A glance is for runs that
# ask whether the code works there at all, after the laws were proved elsewhere.
_ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("glance", _ANY_SPEED, max_examples=5, derandomize=True)
settings.register_profile("small", _ANY_SPEED, max_examples=25, derandomize=True)
settings.register_profile("thorough", _ANY_SPEED, max_examples=500, print_blob=True)

THOROUGH = os.environ.get("KOHORTE_THOROUGH") == "1"
_SERVER_DIRECTORY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("thorough" if THOROUGH else "small")
    named = getattr(config, "workerinput", {}).get("postgres_directory")
    # Short, because the path of a Unix socket holds no more than about a hundred characters.
    config.stash[_SERVER_DIRECTORY] = Path(named or Path(tempfile.gettempdir(), f"kohorte-pg-{uuid4().hex[:8]}"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each xdist worker where the one server of this run is."""
    node.workerinput["postgres_directory"] = str(node.config.stash[_SERVER_DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server from the process that outlives all workers, so that a killed worker leaves none behind."""
    if not hasattr(config, "workerinput") and _SERVER_DIRECTORY in config.stash:
        stop_server(config.stash[_SERVER_DIRECTORY])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the server, before `-m` selects, and leave the figures at full size to the thorough run."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        if not THOROUGH and item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason="full size: set KOHORTE_THOROUGH=1, or run nox -s thorough"))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """Start the server of this run when the first test asks for it."""
    if url := os.environ.get("KOHORTE_TEST_POSTGRES"):
        return join_server(url)
    return start_server(request.config.stash[_SERVER_DIRECTORY])


@pytest.fixture
def postgres_database(postgres_server: Server) -> Iterator[Database]:
    """Give one test an empty database of its own."""
    database = postgres_server.create_database()
    yield database
    postgres_server.drop_database(database)


@pytest.fixture(scope="module")
def postgres_module_database(postgres_server: Server) -> Iterator[Database]:
    """Give one module an empty database of its own."""
    database = postgres_server.create_database()
    yield database
    postgres_server.drop_database(database)
