"""Nobody is led to a page that is not there, and no page is left where nobody comes by."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [address for address in links(page) if not leads_somewhere(page, address)]
    assert not broken, f"{page.relative_to(ROOT)} links to what is not there: {', '.join(broken)}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        found = {target(page, address) for address in links(page) if is_local(address)} - reached
        reached |= found
        waiting += [path for path in found if path.suffix == ".md"]
    lonely = [str(page.relative_to(ROOT)) for page in pages() if page not in reached]
    assert not lonely, f"no link leads to {', '.join(lonely)}"


def leads_somewhere(page: Path, address: str) -> bool:
    if not is_local(address):
        return urlsplit(address).scheme in ("https", "mailto")
    path = target(page, address)
    anchor = unquote(urlsplit(address).fragment)
    return path.exists() and (not anchor or anchor in anchors(path))


def is_local(address: str) -> bool:
    return not urlsplit(address).scheme


def target(page: Path, address: str) -> Path:
    path = unquote(urlsplit(address).path)
    return (page.parent / path).resolve() if path else page
