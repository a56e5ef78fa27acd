"""What rules are said to be: golden files, read by people who speak the language.

``KOHORTE_GOLDEN=1`` writes them anew; read the difference, aloud, before you commit it.
"""

import os
from pathlib import Path

import pytest

from tests.dsl.sentences.said import SHOP, said

GOLDEN = Path(__file__).parent / "golden"
TOPICS = sorted(file.stem for file in GOLDEN.glob("*.txt"))


def rules(topic: str) -> list[str]:
    """Return the rules of a golden file: each stands before a line of dashes."""
    cases = (GOLDEN / f"{topic}.txt").read_text("utf-8").removesuffix("\n").split("\n====\n")
    return [case.partition("\n----\n")[0] for case in cases]


def told(rule: str) -> str:
    compiled = said(rule, SHOP)
    languages = ((compiled.label(language), compiled.say(language)) for language in ("en", "de"))
    return "\n".join((rule, "----", *(f"{label}\n{sentence}" for label, sentence in languages)))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_rule_is_said_in_both_languages(topic: str) -> None:
    found = "\n====\n".join(map(told, rules(topic))) + "\n"
    file = GOLDEN / f"{topic}.txt"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        file.write_text(found, "utf-8")
    else:
        assert found == file.read_text("utf-8")


def test_the_golden_files_show_what_the_language_can_say() -> None:
    assert sum(len(rules(topic)) for topic in TOPICS) >= 200
