"""Logs for machines: one JSON object a line, with the id of the request, and without anybody's data."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

REQUEST: Final = "request"
"""The attribute of a record that holds what is told of a request."""


class JsonLines(logging.Formatter):
    """Format a record as one JSON object: when, how grave, where from, what, and of which request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = getattr(record, REQUEST, None)
        if isinstance(request, Mapping):
            told |= request
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def log_json(stream: Any, level: int = logging.INFO) -> None:
    """Write all logs of this process to a stream, as JSON lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
