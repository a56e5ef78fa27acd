"""Instants in queries: always with their offset from UTC."""

from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

At = Annotated[
    datetime | None,
    QueryParameter(name="at", description="As of this instant (RFC 3339, with its offset); now without it."),
]
