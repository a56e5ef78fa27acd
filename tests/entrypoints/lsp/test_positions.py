"""Places as editors count them, in each encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from kohorte.entrypoints.lsp.positions import Positions

TEXTS = st.text(st.sampled_from("aé🍵\n\r\u2028\x85 "), max_size=20)


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)])
def test_a_column_counts_the_units_of_the_encoding(encoding: str, character: int) -> None:
    positions = Positions("x\né🍵b", encoding)
    assert positions.position(4) == Position(1, character)
    assert positions.offset(Position(1, character)) == 4


@given(TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_every_place_comes_back(text: str, encoding: str) -> None:
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[max(0, offset - 1) : offset + 1] != "\r\n":  # nobody stands between the two
            assert positions.offset(positions.position(offset)) == offset


@given(TEXTS, st.integers(0, 30), st.integers(0, 30))
def test_any_position_is_some_place(text: str, line: int, character: int) -> None:
    assert 0 <= Positions(text).offset(Position(line, character)) <= len(text)
