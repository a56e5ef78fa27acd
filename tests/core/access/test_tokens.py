"""The text of a key: recognised at sight, read back exactly, and refused for the least change."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.access.tokens import Token, parse_token
from kohorte.core.testing.fakes import counted_id

TOKEN = Token(counted_id(1), counted_id(2), bytes(range(32)))
TOKENS = st.builds(Token, st.uuids(), st.uuids(), st.binary(min_size=32, max_size=32))


@given(TOKENS)
def test_a_token_is_read_back_from_its_text(token: Token) -> None:
    assert re.fullmatch("kohorte_[A-Za-z0-9_-]{91}", token.text)
    assert parse_token(token.text) == token


@given(TOKENS, st.integers(0, 98), st.sampled_from("AZaz09-_"))
def test_one_wrong_character_makes_it_no_token(token: Token, place: int, wrong: str) -> None:
    text = token.text
    changed = text[:place] + wrong + text[place + 1 :]
    assert (parse_token(changed) == token) is (changed == text)
    assert changed == text or parse_token(changed) is None


@given(TOKENS, st.integers(0, 97))
def test_two_characters_changed_round_make_it_no_token(token: Token, place: int) -> None:
    text = token.text
    changed = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert changed == text or parse_token(changed) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kohorte_",
        TOKEN.text[:-1],
        TOKEN.text + "A",
        TOKEN.text + "=",
        " " + TOKEN.text,
        TOKEN.text + "\n",
        TOKEN.text.upper(),
        "kohorte-" + TOKEN.text[8:],
        "kohorte_" + "é" * 91,
        "kohorte_" + "\0" * 91,
        "Bearer " + TOKEN.text,
        "x" * 1_000_000,
    ],
)
def test_any_other_text_is_no_token(text: str) -> None:
    assert parse_token(text) is None


def test_what_is_kept_does_not_tell_the_secret() -> None:
    assert TOKEN.hash == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    assert Token(UUID(int=5), UUID(int=6), TOKEN.secret).hash == TOKEN.hash
    assert "secret" not in repr(TOKEN)
    assert repr(TOKEN.secret) not in repr(TOKEN)
