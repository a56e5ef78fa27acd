"""`kohorte rule say, analyse, compare, explain, test` and `kohorte segment explain`, as they are used."""

import json
import re
from pathlib import Path

import pytest

from tests.entrypoints.conftest import Kohorte

BUYERS = "purchases(last 90 days).count >= 2"
JUNE = ("--at", "2024-06-01")
FILE = """\
purchases.count>=2   # a buyer
---
at 2024-06-01T00:00:00Z
in contact "1"
out contact "2"
in "two" {"purchases": [{"at": "2024-01-01T00:00:00Z"}, {"at": "2024-02-01T00:00:00Z"}]}
"""


def test_a_rule_is_said_in_the_readers_language(kohorte: Kohorte, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kohorte("migrate").code == 0
    assert kohorte("rule", "say", BUYERS).out == (
        "A contact is selected if they have made at least 2 purchases in the last 90 days.\n"
    )
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "mindestens 2 Käufe" in kohorte("rule", "say", BUYERS).out
    said = json.loads(kohorte("rule", "say", BUYERS, "--json").out)
    assert set(said["sentence"]) == set(said["label"]) == {"en", "de"}


def test_an_analysis_finds_what_can_never_hold_and_names_segments_that_mean_the_same(shop: Kohorte) -> None:
    assert shop("segment", "create", "Britons", "--rule", 'contact.country = "GB" and contact.email is set').code == 0
    told = shop("rule", "analyse", 'contact.email is set and contact.country in ("GB")')
    assert (told.code, told.out) == (0, 'Nothing was found.\nThe segment "Britons" means the same.\n')
    told = shop("rule", "analyse", 'contact.country = "GB" and contact.country = "US"')
    assert "Nobody can ever match this rule." in told.out
    found = json.loads(shop("rule", "analyse", 'contact.country != "GB"', "--json").out)
    (finding,) = found["findings"]
    assert finding["severity"] == "hint"
    assert finding["fixes"]


def test_two_rules_are_compared_with_a_contact_who_shows_the_difference(shop: Kohorte) -> None:
    told = shop("rule", "compare", "purchases.count >= 3", "purchases.count >= 5", *JUNE)
    assert "Whoever the second selects, the first selects." in told.out
    assert told.out.count("  For example at 2024-06-01 00:00: {") == 2  # the first alone, and both
    assert shop("segment", "create", "Britons", "--rule", 'contact.country = "GB"').code == 0
    found = json.loads(shop("rule", "compare", "--segment", "Britons", 'contact.country = "US"', "--json").out)
    assert found["apart"] == {"answer": "proved"}
    assert found["within"]["witness"]["country"] == "GB"
    assert shop("rule", "compare", BUYERS).err.startswith("Error: Give two rules.")


def test_an_example_says_what_it_takes_to_stand_in_lists(shop: Kohorte) -> None:
    assert shop("list", "create", "press").code == 0
    asked = ("rule", "compare", 'contact.email in list "press"', 'contact.country = "US"')
    assert '  Where these are the members and entries: {"lists": {"press": ["' in shop(*asked).out
    (listed,) = json.loads(shop(*asked, "--json").out)["within"]["lists"]["press"]
    assert json.loads(shop(*asked, "--json").out)["within"]["witness"]["email"] == listed


def test_an_explanation_says_why_what_would_change_it_and_until_when(shop: Kohorte) -> None:
    told = shop("rule", "explain", "--contact", "1", BUYERS, *JUNE).out
    assert "In, because they have made at least 2 purchases in the last 90 days (2)." in told
    assert "Will leave on 30 July 2024" in told
    found = json.loads(shop("rule", "explain", "--contact", "2", BUYERS, *JUNE, "--json").out)
    assert found["verdict"] is False
    assert found["conditions"][0]["rows"] == [{"counted": 0, "of": 1}]
    assert shop("rule", "explain", "--contact", "nobody", BUYERS).code == 4


def test_a_segments_explanation_knows_the_history_and_the_rule_of_that_time(shop: Kohorte) -> None:
    assert shop("segment", "create", "buyers", "--rule", "purchases.count >= 1").code == 0
    assert shop("segment", "calculate", "buyers").code == 0
    assert shop("segment", "change", "buyers", "--rule", "purchases.count >= 5").code == 0
    found = json.loads(shop("segment", "explain", "buyers", "--contact", "1", "--json").out)
    assert (found["verdict"], found["rule_version"], found["member"]["left_at"]) == (False, 2, None)
    assert "Member since " in shop("segment", "explain", "buyers", "--contact", "1").out
    assert "Not a member at the last calculation." in shop("segment", "explain", "buyers", "--contact", "3").out
    before = json.loads(shop("segment", "explain", "buyers", "--contact", "1", *JUNE, "--json").out)
    assert (before["verdict"], before["rule_version"], before["member"]) == (True, 1, None)
    told = shop("segment", "explain", "buyers", "--contact", "1", *JUNE).out.splitlines()
    assert told[:2] == [
        "Not a member at that instant, as the history has it.",
        "What follows asks version 1 of the rule, the first one, about the data of today.",
    ]


def test_rule_files_are_tried_with_and_without_a_database(shop: Kohorte, tmp_path: Path) -> None:
    file = tmp_path / "rules" / "buyers.kohorte"
    file.parent.mkdir()
    file.write_text(FILE, "utf-8")
    assert shop("rule", "test", "rules").out == "Examples: 3, failed: 0.\n"
    file.write_text(FILE.replace(">=2", ">=3"), "utf-8")
    told = shop("rule", "test", str(file))
    assert told.code == 1
    assert f"{file}:4: “1” must be in, and is out.\n{file}:6: “two” must be in, and is out.\n" in told.out
    found = json.loads(shop("rule", "test", "rules", "--json").out)
    assert [each["passed"] for each in found[0]["examples"]] == [False, True, False]


def test_a_file_that_is_no_rule_file_fails_and_the_others_are_tried(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "a.kohorte").write_text("contact.contry is set", "utf-8")
    (tmp_path / "b.kohorte").write_text("contact.country is set\n---\nin {}", "utf-8")
    (tmp_path / "c.kohorte").write_text("contact.country is set\n---\nat 2024-06-01T00:00:00Z\nout {}", "utf-8")
    told = kohorte("rule", "test", ".")
    assert told.code == 1
    assert "a.kohorte:1:1: There is no field contry in contact.\n  contact.contry is set\n  ^^^^" in told.out
    assert "b.kohorte: Line 3: the examples do not say at which instant they hold. Write a line before" in told.out
    assert told.out.endswith("Examples: 1, failed: 2.\n")


def test_formatting_leaves_the_examples_of_a_file_alone(kohorte: Kohorte, tmp_path: Path) -> None:
    file = tmp_path / "buyers.kohorte"
    file.write_text(FILE, "utf-8")
    assert kohorte("rule", "format", "--file", str(file), "--write").code == 0
    formatted = file.read_text("utf-8")
    assert formatted.startswith("purchases.count >= 2  # a buyer\n")
    assert formatted.endswith(FILE.partition("---")[2])
    assert kohorte("rule", "format", "--file", str(file), "--write").code == 0
    assert file.read_text("utf-8") == formatted


def test_a_rule_is_completed_from_the_tenants_own_fields_and_names(shop: Kohorte) -> None:
    assert shop("field", "add", "contact.coffees", "integer").code == 0
    assert shop("segment", "create", "Britons", "--rule", 'contact.country = "GB"').code == 0
    offers = json.loads(shop("rule", "complete", "contact.cof", "--json").out)["offers"]
    assert [(each["text"], each["category"]) for each in offers] == [("contact.coffees", "field")]
    assert '"Britons"' in shop("rule", "complete", "in segment ").out
    assert "contact.country" in shop("rule", "complete", "contact.cou and more", "--cursor", "11").out


def test_values_that_few_contacts_share_are_not_told(shop: Kohorte) -> None:
    assert '"GB"' not in shop("rule", "complete", "contact.country = ").out


def test_a_count_is_told_in_time(shop: Kohorte, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop("rule", "estimate", "contact.key is set", "--budget", "10000").out == "4 contacts\n"
    told = json.loads(shop("rule", "estimate", "contact.key is set", "--budget", "10000", "--json").out)
    assert (told["count"], told["low"], told["high"], told["is_exact"]) == (4, 4, 4, True)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert shop("rule", "estimate", "contact.key is set", "--budget", "10000").out == "4 Kontakte\n"


def test_an_estimate_says_how_far_it_can_be_trusted(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text(
        "key,city\n" + "".join(f"{each},City {each}\n" for each in range(20_000)), "utf-8"
    )
    assert kohorte("import", "contacts", "many.csv").code == 0
    slow = " or ".join(f'contact.city contains "{each}x"' for each in range(60))
    told = kohorte("rule", "estimate", f"not ({slow})", "--budget", "10").out
    number = r"[\d,]+"
    assert re.fullmatch(
        rf"About 20,000 contacts: from {number} to 20,000, with a confidence of 95 %.\n"
        rf"{number} of 20,000 contacts were asked.\n",
        told,
    )
    told = json.loads(kohorte("rule", "estimate", f"not ({slow})", "--budget", "10", "--json").out)
    assert (told["is_exact"], told["population"], told["count"], told["budget_ms"]) == (False, 20_000, 20_000, 10)
    assert told["drawn"] < told["low"] < told["high"] == 20_000
