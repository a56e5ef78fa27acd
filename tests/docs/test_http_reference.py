"""The reference of the HTTP API is written from the routes.

``KOHORTE_GOLDEN=1 pytest tests/docs/test_http_reference.py`` writes the page anew.
"""

import os
from pathlib import Path

from kohorte.entrypoints.bootstrap import migrate_database, open_application
from kohorte.entrypoints.http.application import create_app
from kohorte.entrypoints.http.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "http-api.md"


def test_the_page_is_what_the_routes_say(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'kohorte.db'}"
    migrate_database(database)
    application = open_application(database)
    written = page(create_app(application))
    application.close()
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        PAGE.write_text(written, "utf-8")
    assert PAGE.read_text("utf-8") == written
