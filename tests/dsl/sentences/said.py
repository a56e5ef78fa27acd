"""Rules over the shop's catalogue, checked and compiled, for the tests of sentences."""

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from kohorte.core.fields import Catalogue
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.language import RuleLanguage
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

SHOP: Final = shop_catalogue()
_SEGMENTS: Final[Mapping[str, None]] = dict.fromkeys(("frequent buyers", "big spenders", "cancellers"))
NAMES: Final = evolve(EVERYTHING, rules={**EVERYTHING.rules, **_SEGMENTS})


def said(rule: str, catalogue: Catalogue = SHOP) -> CompiledRule:
    """Return a rule; tenants are in Berlin."""
    return RuleLanguage().check(rule, catalogue, NAMES)
