"""What a shell offers after a Tab: commands and options, and the names that the database knows."""

from collections.abc import Callable

import pytest

from tests.entrypoints.conftest import Kohorte

Offered = Callable[..., list[str]]


@pytest.fixture
def offered(shop: Kohorte, monkeypatch: pytest.MonkeyPatch) -> Offered:
    """Return what a shell is offered for the last of some words."""
    shop("segment", "create", "lapsed", "--rule", "no purchases(last 90 days)")
    shop("segment", "create", "lapsed a year", "--rule", "no purchases(last 1 year)")
    shop("list", "create", "vip")
    shop("tenant", "create", "acme")
    shop("key", "create", "dashboard", "--role", "read")
    shop("key", "create", "gone", "--role", "read")
    shop("key", "revoke", "gone")

    def ask(*words: str, asking: str = "bash") -> list[str]:
        monkeypatch.setenv("_KOHORTE_COMPLETE", f"{asking}_complete")
        monkeypatch.setenv("COMP_WORDS", "\n".join(("kohorte", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        answer = shop()
        assert answer.code == 0
        return [line for line in answer.out.splitlines() if line]

    return ask


def test_commands_and_options_are_offered(offered: Offered) -> None:
    assert offered("segm") == ["plain,segment"]
    assert offered("list", "s") == ["plain,show"]
    assert "plain,--limit" in offered("segment", "members", "--")


def test_names_that_the_database_knows_are_offered(offered: Offered) -> None:
    assert offered("segment", "show", "") == ["plain,lapsed", "plain,'lapsed a year'"]
    assert offered("list", "delete", "v") == ["plain,vip"]
    assert offered("key", "revoke", "") == ["plain,dashboard"]
    assert offered("segment", "list", "--tenant", "") == ["plain,acme", "plain,default"]
    assert offered("--tenant", "acme", "segment", "show", "") == []


def test_a_name_within_a_quote_gets_no_second_one(offered: Offered) -> None:
    assert offered("segment", "show", '"lapsed ') == ["plain,lapsed a year"]


def test_other_shells_quote_names_themselves(offered: Offered) -> None:
    assert "lapsed a year" in offered("segment", "show", "", asking="zsh")


def test_files_are_offered_where_a_file_is_asked_for(offered: Offered) -> None:
    assert offered("import", "contacts", "") == ["file,"]
    assert offered("rule", "check", "--file", "") == ["file,"]


def test_nothing_is_offered_and_nothing_said_where_there_is_no_database(kohorte: Kohorte, offered: Offered) -> None:
    assert offered("--database", "sqlite:///elsewhere.db", "segment", "show", "") == []
