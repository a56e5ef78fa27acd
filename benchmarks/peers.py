"""Evaluators that Python programs can call today, each as a function from its own text and its own prepared record.

Every peer gets what it does best: the text compiled once, the record in the form that it reads fastest, made before the
clock runs. None of them knows windows or money, so the texts compare with numbers that were computed before, and the
sum of the fifth shape, which CEL cannot say, is left out.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from benchmarks.rule_shapes import AFTER_90_DAYS_AGO, AFTER_NOW, JULY_2000, YEAR_AGO, Record

Matches = Callable[[Any], object]


@frozen
class Peer:
    """An evaluator: which texts it reads, how it compiles one, and the form in which it reads records fastest."""

    name: str
    dialect: str
    compile: Callable[[str], Matches]
    prepare: Callable[[Record], Any]


COUNTED: Final = 'contact.country != "US" and purchases(last 90 days).count >= 2'
"""The fifth shape without its sum."""


def counted_by_hand(record: Record) -> bool:
    """Answer the same as a person would write it."""
    return record["country"] != "US" and (
        sum(1 for purchase in record["purchases"] if AFTER_90_DAYS_AGO <= purchase["at"] < AFTER_NOW) >= 2
    )


TEXTS: Final = {
    "1 condition": {
        "cel": 'country == "DE"',
        "rule-engine": 'country == "DE"',
        "zen": 'country == "DE"',
    },
    "3 conditions": {
        "cel": 'country in ["DE", "AT", "CH"] && score != null && score >= 50 && email_domain == "gmail.com"',
        "rule-engine": 'country in ["DE", "AT", "CH"] and score != null and score >= 50'
        ' and email_domain == "gmail.com"',
        "zen": 'country in ["DE", "AT", "CH"] and score != null and score >= 50 and email_domain == "gmail.com"',
    },
    "10 conditions": {
        "cel": f"""country in ["DE", "AT", "CH", "FR"] && language != "fr" && score != null && score >= 10
        && score < 95 && subscribed == true && city != null && city != "bonn" && created_at < {YEAR_AGO}
        && birthday != null && birthday < {JULY_2000}
        && (email_domain == null || !email_domain.endsWith(".example"))""",
        "rule-engine": f"""country in ["DE", "AT", "CH", "FR"] and language != "fr" and score != null and score >= 10
        and score < 95 and subscribed == true and city != null and city != "bonn" and created_at < {YEAR_AGO}
        and birthday != null and birthday < {JULY_2000}
        and (email_domain == null or not email_domain.ends_with(".example"))""",
        "zen": f"""country in ["DE", "AT", "CH", "FR"] and language != "fr" and score != null and score >= 10
        and score < 95 and subscribed == true and city != null and city != "bonn" and created_at < {YEAR_AGO}
        and birthday != null and birthday < {JULY_2000}
        and (email_domain == null or not endsWith(email_domain, ".example"))""",
    },
    "nested with negation": {
        "cel": """!(country == "DE" || tier == "gold")
        && ((score != null && score > 80)
            || !(city != null && city.startsWith("b") && subscribed == true) || category == "wholesale")
        && !((language == "de" || language == "en") && score != null && score < 20)""",
        "rule-engine": """not (country == "DE" or tier == "gold")
        and ((score != null and score > 80)
            or not (city != null and city.starts_with("b") and subscribed == true) or category == "wholesale")
        and not ((language == "de" or language == "en") and score != null and score < 20)""",
        "zen": """not (country == "DE" or tier == "gold")
        and ((score != null and score > 80)
            or not (city != null and startsWith(city, "b") and subscribed == true) or category == "wholesale")
        and not ((language == "de" or language == "en") and score != null and score < 20)""",
    },
    "count of purchases": {
        "cel": f'country != "US" && purchases.filter(p, p.at >= {AFTER_90_DAYS_AGO} && p.at < {AFTER_NOW}).size() >= 2',
        "rule-engine": f'country != "US" and [p for p in purchases if p.at >= {AFTER_90_DAYS_AGO}'
        f" and p.at < {AFTER_NOW}].length >= 2",
        "zen": f'country != "US" and count(purchases, #.at >= {AFTER_90_DAYS_AGO} and #.at < {AFTER_NOW}) >= 2',
    },
}
"""What each peer is asked, with the guards against missing values that a careful author writes for it."""


def record_of(record: Record) -> Record:
    """Return a record under names that every peer can read."""
    plain = ("country", "score", "birthday", "created_at", "language", "subscribed", "tier")
    return {
        **{name: record[name] for name in plain},
        "city": record["city~"],
        "email_domain": record["email_domain~"],
        "category": record["customer.category~"],
        "purchases": [{"at": purchase["at"]} for purchase in record["purchases"]],
    }


def peers() -> list[Peer]:
    """Return the evaluators, the fastest first."""
    return [_common_expression_language(), _zen(), _cel_expr_python(), _rule_engine(), _cel_python()]


def _common_expression_language() -> Peer:
    import cel  # noqa: PLC0415 - peers are loaded when they are measured

    return Peer(
        "common-expression-language",
        "cel",
        lambda text: cel.compile(text).execute,
        lambda record: cel.Context(variables=record_of(record)),
    )


def _zen() -> Peer:
    import zen  # noqa: PLC0415

    return Peer("zen-engine", "zen", lambda text: zen.compile_expression(text).evaluate, record_of)


def _cel_expr_python() -> Peer:
    from cel_expr_python import cel  # noqa: PLC0415

    names = [*_NAMES]
    environment = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))

    def compiled(text: str) -> Matches:
        expression = environment.compile(text)
        return lambda activation: expression.eval(activation).value()

    return Peer("cel-expr-python", "cel", compiled, lambda record: environment.Activation(record_of(record)))


def _rule_engine() -> Peer:
    import rule_engine  # noqa: PLC0415

    return Peer("rule-engine", "rule-engine", lambda text: rule_engine.Rule(text).matches, record_of)


def _cel_python() -> Peer:
    import celpy  # noqa: PLC0415

    environment = celpy.Environment()

    def compiled(text: str) -> Matches:
        # Its null can be compared with nothing else.
        guarded = re.sub(r"(\w+) (==|!=) null", r"type(\1) \2 type(null)", text)
        matches: Matches = environment.program(environment.compile(guarded)).evaluate
        return matches

    return Peer(
        "cel-python",
        "cel",
        compiled,
        lambda record: {name: celpy.json_to_cel(value) for name, value in record_of(record).items()},
    )


_NAMES: Final = (
    *("country", "score", "birthday", "created_at", "language", "subscribed", "tier"),
    *("city", "email_domain", "category", "purchases"),
)
