"""The reference of the command line is written from the commands.

``KOHORTE_GOLDEN=1 pytest tests/docs/test_command_line_reference.py`` writes the page anew.
"""

import os
from pathlib import Path

from kohorte.entrypoints.cli import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"


def test_the_page_is_what_the_commands_say() -> None:
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        PAGE.write_text(reference.page(), "utf-8")
    assert PAGE.read_text("utf-8") == reference.page()
