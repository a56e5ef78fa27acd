"""Ten rules that marketers write, and everything that the language makes of each: golden files to be read.

Canonical text, both sentences and the label, the statement on both engines with its parameters, why one contact is in
or not, and what analysis finds. ``KOHORTE_GOLDEN=1`` writes the files anew; read the difference before you commit it.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import pytest
from attrs import evolve, frozen
from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.default import DefaultDialect

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.errors import render
from kohorte.dsl.explaining.telling import sentences
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.sentences import Language, spellings
from tests.agreement.tables import Style, Tables
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

GOLDEN: Final = Path(__file__).parent / "golden"
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de")
NOW: Final = datetime(2024, 7, 1, 12, tzinfo=UTC)


def _with_clicks() -> Catalogue:
    """Return the test catalogue, in which messages can be clicked, and whatever was sent counts as received."""
    known = shop_catalogue()
    messages = known.collections["messages"]
    clicked = Collection(
        "messages", (*messages.fields.values(), Field("clicked_at", Kind.INSTANT)), time="sent_at", past_only=True
    )
    receive = Verb("receive", "messages", time="sent_at")
    click = Verb("click", "messages", time="clicked_at", required="clicked_at", objects={"campaign": "campaign"})
    return Catalogue.of(
        *cast("tuple[Owner, ...]", tuple(known.owners.values())),
        collections=tuple(clicked if each is messages else each for each in known.collections.values()),
        verbs=(*(each for each in known.verbs.values() if each.name != "receive"), receive, click),
    )


CATALOGUE: Final = _with_clicks()
NAMES: Final = evolve(
    EVERYTHING, rules={**EVERYTHING.rules, "wholesale": 'customer.category = "wholesale"', "press": None}
)


def bought(*days: str, amount: int = 100, **more: object) -> list[dict[str, object]]:
    return [{"key": day, "at": f"{day}T10:00:00Z", "amount": amount, "currency": "EUR", **more} for day in days]


def sent(*days: str, campaign: str = "Spring", **more: object) -> list[dict[str, object]]:
    return [{"key": day, "sent_at": f"{day}T10:00:00Z", "campaign": campaign, **more} for day in days]


@frozen
class Case:
    """A rule as somebody typed it, and a contact whom they ask about."""

    name: str
    text: str
    contact: dict[str, Any]


CASES: Final = (
    Case(
        "birthday",
        "contact.birthday has anniversary in the next 7 days and contact.email is not empty",
        {"birthday": "1990-07-05", "email": "ann@example.com"},
    ),
    Case(
        "lapsed buyers",
        "did purchase at least 3 times and did not purchase in the last 90 days",
        {"created_at": "2020-01-01T00:00:00Z", "purchases": bought("2024-01-10", "2024-02-10", "2024-03-10")},
    ),
    Case(
        "opened but did not click",
        'did open campaign "Spring" in the last 30 days and did not click campaign "Spring" in the last 30 days',
        {"messages": sent("2024-06-20", opened_at="2024-06-21T08:00:00Z")},
    ),
    Case(
        "sent three without an opening",
        "did receive at least 3 times in the last 60 days and did not open in the last 60 days",
        {"messages": sent("2024-06-01", "2024-06-08", "2024-06-15")},
    ),
    Case(
        "spent more than last year",
        "purchases(at this year).sum(amount, EUR) > purchases(at in last year).sum(amount, EUR)",
        {"purchases": [*bought("2024-03-01", amount=80), *bought("2023-03-01", amount=90)]},
    ),
    Case(
        "wholesale with a private address",
        """in segment "wholesale" and contact.email_domain in ("gmail.com", "gmx.de")
        and purchases(last 90 days).count >= 3""",
        {
            "email_domain": "gmail.com",
            "customer": {"category": "Wholesale"},
            "purchases": bought("2024-05-01", "2024-06-01"),
        },
    ),
    Case(
        "customer anniversary",
        "purchases.min(at) has anniversary in the next 14 days and purchases(last 1 year).sum(amount) >= 500 EUR",
        {"purchases": [*bought("2022-07-10", amount=10), *bought("2024-05-01", amount=600)]},
    ),
    Case(
        "coffee but no tea",
        """items(category = "coffee", last 1 year).sum(quantity) >= 10 and no items(category = "tea")
        and not (contact.country = "US" or contact.country = "CA")""",
        {
            "country": "DE",
            "purchases": bought("2024-05-01", items=[{"key": "1", "category": "Coffee", "quantity": 12}]),
        },
    ),
    Case(
        "last order cancelled",
        """last purchases.status = "cancelled" and last purchases.at less than 14 days ago
        and not in sample 10 % of "hold-out 2024" """,
        {"key": "C7", "purchases": bought("2024-06-25", status="cancelled")},
    ),
    Case(
        "newcomers without a purchase",
        """contact.created_at in the last 14 days and no purchases and not in segment "press"
        and (contact.language in ("de", "en") or contact.country = "AT")""",
        {"key": "C8", "created_at": "2024-06-25T00:00:00Z", "language": "fr", "country": "AT"},
    ),
)


def told(case: Case) -> Iterator[str]:
    rule = evolve(RuleLanguage().check(case.text, CATALOGUE, NAMES), key="key")
    yield rule.text
    for language in LANGUAGES:
        yield f"## {language}\n{rule.label(language)}\n{rule.say(language)}"
    yield from statements(rule)
    members: dict[UUID, list[str]] = {each: [] for each in rule.compiled.segments}
    explanation = rule.explain(case.contact, NOW, members=members)
    for language in LANGUAGES:
        spelled = spellings(rule.syntax)
        said = sentences(explanation, language, catalogue=CATALOGUE, spelled=spelled)
        yield "\n".join((f"## explanation, {language}", *said))
    found = [f"{each.severity.value} {each.code} {render(each, case.text)}" for each in rule.findings(NOW)]
    yield "\n".join(("## findings", *(found or ["none"])))


def statements(rule: CompiledRule) -> Iterator[str]:
    tables = Tables(CATALOGUE, Style.STORED)
    chosen: Select[Any] = select(tables.subject.c.row_id).where(rule.condition(tables.binding(["press"])))
    for dialect in (sqlite.dialect, postgresql.dialect):
        named = cast("type[DefaultDialect]", dialect)(paramstyle="named")
        compiled = chosen.compile(dialect=named, compile_kwargs={"render_postcompile": True})
        known = {**compiled.params, **rule.parameters(NOW)}
        values = [f"-- {name} = {known[name]!r}" for name in compiled.params]
        yield "\n".join((f"## {dialect.name}", *(line.rstrip() for line in str(compiled).splitlines()), *values))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_marketers_rule(case: Case) -> None:
    found = "\n\n".join(told(case)) + "\n"
    file = GOLDEN / f"{case.name.replace(' ', '_')}.txt"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        file.write_text(found, "utf-8")
    else:
        assert found == file.read_text("utf-8")
