"""Read the documentation: its pages, the code blocks on them, and where their links lead."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from attrs import frozen
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
FRONT_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


@frozen
class Block:
    """A fenced block: its language, what stands after it, and the line where its text begins."""

    page: Path
    language: str
    note: str
    text: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """List every page, those that a visitor of the repository sees first at the head."""
    return [ROOT / name for name in FRONT_PAGES] + sorted((ROOT / "docs").rglob("*.md"))


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page from top to bottom."""
    for token in _MARKDOWN.parse(page.read_text("utf-8")):
        if token.type == "fence":
            language, _, note = token.info.strip().partition(" ")
            yield Block(page, language, note.strip(), token.content, (token.map or [0])[0] + 2)


def links(page: Path) -> Iterator[str]:
    """Yield the addresses of a page's links and pictures."""
    for token in _inline(_MARKDOWN.parse(page.read_text("utf-8"))):
        for name in ("href", "src"):
            if name in token.attrs:
                yield str(token.attrs[name])


def anchors(page: Path) -> set[str]:
    """Name the headings of a page as they stand in an address."""
    tokens = _MARKDOWN.parse(page.read_text("utf-8"))
    return {_slug(text.content) for opening, text in pairwise(tokens) if opening.type == "heading_open"}


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
