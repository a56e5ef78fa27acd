"""What a driver's error means to the person who runs Kohorte, and what to do about it.

Messages name the file, or the server, database and user; never the driver's own words, in which a password might lie.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen
from sqlalchemy import URL
from sqlalchemy.engine import ExceptionContext

from kohorte.core.errors import Conflict, KohorteError, StorageEmpty, StorageUnavailable


class TookTooLong(StorageUnavailable):
    """A statement was ended because it took too long; the transaction goes on from its last savepoint."""


@frozen
class Meaning:
    """What a kind of failure means, and what to do about it: templates."""

    message: str
    hint: str


def explained(url: URL, error: BaseException) -> KohorteError | None:
    """Return what to say about a driver's error, or None where it is none of the database's state."""
    if isinstance(error, sqlite3.Error):
        return _sqlite(str(url.database), error)
    if type(error).__module__.startswith("psycopg"):
        return _postgres(url, error)
    return None


def translating(url: URL) -> Callable[[ExceptionContext], BaseException | None]:
    """Return a listener for ``handle_error`` that raises our errors instead of the driver's."""

    def translate(context: ExceptionContext) -> BaseException | None:
        return explained(url, context.original_exception)

    return translate


# -- SQLite ------------------------------------------------------------------------------------------------------


def _sqlite(path: str, error: sqlite3.Error) -> KohorteError | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    family = "_".join(name.split("_")[:2])
    if family == "SQLITE_CANTOPEN" and not Path(path).parent.exists():
        return StorageUnavailable(
            "The folder of the database {path} does not exist.", hint="Create it, or check the path.", path=path
        )
    found, error_type = _SQLITE.get(family), TookTooLong if family == "SQLITE_INTERRUPT" else StorageUnavailable
    return error_type(found.message, hint=found.hint, path=path) if found else None


_SQLITE: Final[Mapping[str, Meaning]] = {
    "SQLITE_BUSY": Meaning(
        "The database {path} is locked: another process is writing to it.",
        "Try again when that import or calculation has finished.",
    ),
    "SQLITE_LOCKED": Meaning(
        "The database {path} is locked: another process is writing to it.",
        "Try again when that import or calculation has finished.",
    ),
    "SQLITE_CANTOPEN": Meaning(
        "The database {path} cannot be opened.",
        "Check that it is a file, and that you may read and write it and its folder.",
    ),
    "SQLITE_NOTADB": Meaning(
        "The file {path} is not a database.",
        "Check the path in the database URL; give the name of a new file to begin a new database.",
    ),
    "SQLITE_READONLY": Meaning(
        "The database {path} cannot be written.",
        "Check that you may write the file and its folder, and that the disk is not mounted read-only.",
    ),
    "SQLITE_FULL": Meaning("The disk is full: the database {path} cannot grow.", "Free some space and run it again."),
    "SQLITE_CORRUPT": Meaning("The database {path} is damaged.", "Restore the latest backup."),
    "SQLITE_INTERRUPT": Meaning("The database {path} ended the statement: it took too long.", "Make the rule simpler."),
    "SQLITE_IOERR": Meaning(
        "The database {path} cannot be read or written: the disk reports an error.", "Check the disk."
    ),
}


def no_database(path: str) -> StorageEmpty:
    """Return the error for a file that does not exist."""
    return StorageEmpty("There is no database {path}.", hint="Make it with: kohorte migrate", path=path)


# -- PostgreSQL --------------------------------------------------------------------------------------------------


def _postgres(url: URL, error: BaseException) -> KohorteError | None:
    state = getattr(error, "sqlstate", None)
    values: dict[str, object] = {
        "server": server_name(url),
        "database": url.database or url.username or "",
        "user": url.username or "",
    }
    if state is None:
        found = _by_words(error)
    elif state in ("40001", "40P01"):
        return Conflict("Somebody else changed the same data at the same moment.", hint="Try again.")
    else:
        found = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
    error_type = TookTooLong if state == "57014" else StorageUnavailable
    return error_type(found.message, hint=found.hint, **values) if found else None


_UNREACHABLE: Final = Meaning(
    "The database server {server} cannot be reached.",
    "Check that it runs, and that host and port in the database URL are right.",
)
_UNKNOWN_USER: Final = Meaning(
    'The database server {server} does not let the user "{user}" in.',
    "Check user and password in the database URL.",
)
_UNKNOWN_DATABASE: Final = Meaning(
    'There is no database "{database}" on {server}.',
    "Create it as its owner (createdb {database}), then run: kohorte migrate",
)
_WRONG_OPTION: Final = Meaning(
    "The database URL has an option that PostgreSQL does not take.",
    "After the question mark stand options of libpq, such as sslmode=require or connect_timeout=10.",
)
_REFUSED: Final = Meaning(
    "The database server {server} refuses the connection.",
    "Check user, password and database in the database URL, and the server's log.",
)
_LOST: Final = Meaning(
    "The connection to the database server {server} was lost.",
    "Nothing of the open transaction was kept: run it again.",
)

# By SQLSTATE, or by its class (the first two characters).
_POSTGRES: Final[Mapping[str, Meaning]] = {
    "08": _LOST,
    "28": _UNKNOWN_USER,
    "3D000": _UNKNOWN_DATABASE,
    "25006": Meaning(
        'The database "{database}" on {server} cannot be written.', "Check that it is not a standby server."
    ),
    "42501": Meaning(
        'The user "{user}" may not do this in the database "{database}".',
        "Run as the owner: kohorte migrate --application-role {user}",
    ),
    "53100": Meaning("The disk of the database server {server} is full.", "Free some space and run it again."),
    "53": Meaning("The database server {server} has no room for another connection.", "Try again later."),
    "55P03": Meaning(
        'The database "{database}" is locked: another process is writing the same data.',
        "Try again when that import or calculation has finished.",
    ),
    "57": _LOST,
    "57014": Meaning("The database server {server} ended the statement: it took too long.", "Make the rule simpler."),
    "58": Meaning("The database server {server} reports an error of its own.", "Look into the server's log."),
    "XX": Meaning("The database server {server} reports an error of its own.", "Look into the server's log."),
}


# Before a connection stands there is no SQLSTATE, only words; a server in another language still says FATAL.
_WORDS: Final[Sequence[tuple[tuple[str, ...], Meaning]]] = (
    (('" does not exist', "database "), _UNKNOWN_DATABASE),
    (('" does not exist', "role "), _UNKNOWN_USER),
    (("authentication failed",), _UNKNOWN_USER),
    (("no password supplied",), _UNKNOWN_USER),
    (("pg_hba.conf",), _UNKNOWN_USER),
    (("too many clients",), _POSTGRES["53"]),
    (("connection slots",), _POSTGRES["53"]),
    (("unrecognized configuration parameter",), _WRONG_OPTION),
    (("FATAL:",), _REFUSED),
    (("invalid ", " value"), _WRONG_OPTION),
    (("closed",), _LOST),
    (("connection is lost",), _LOST),
    (("terminat",), _LOST),
)


def _by_words(error: BaseException) -> Meaning | None:
    """Tell errors without SQLSTATE apart: those before a connection stood, and those after it broke."""
    said = str(error)
    if type(error).__name__ == "ProgrammingError":
        return _WRONG_OPTION if said.startswith(("invalid connection option", "bad value for")) else None
    if type(error).__name__ not in ("OperationalError", "ConnectionTimeout", "InterfaceError"):
        return None
    return next((meaning for words, meaning in _WORDS if all(word in said for word in words)), _UNREACHABLE)


def server_name(url: URL) -> str:
    """Return host and port as people write them, without user and password."""
    host = url.host or url.query.get("host") or "localhost"
    name = host if isinstance(host, str) else ",".join(host)
    return f"{name}:{url.port}" if url.port else name
