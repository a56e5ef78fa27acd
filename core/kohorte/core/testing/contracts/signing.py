"""What everything that signs promises."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.ports.signing import ExpiredSignature, InvalidSignature, Signing
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.fakes import NOON

CHARACTERS = "ABYZabyz0189-_"


class SigningContract:
    """Subclass with a fixture ``signing``."""

    @pytest.fixture
    def signing(self) -> Signing:
        """Return what signs."""
        raise NotImplementedError

    @over_one_storage
    @given(purpose=st.text(max_size=20), payload=st.binary(max_size=100))
    def test_a_payload_comes_back_from_a_text_that_fits_an_address(
        self, signing: Signing, purpose: str, payload: bytes
    ) -> None:
        text = signing.sign(purpose, payload)
        assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
        assert signing.verify(purpose, text, NOON + timedelta(days=36_500)) == payload

    @over_one_storage
    @given(payload=st.binary(max_size=40), place=st.integers(0), character=st.sampled_from(CHARACTERS))
    def test_a_text_that_was_changed_is_refused(
        self, signing: Signing, payload: bytes, place: int, character: str
    ) -> None:
        text = signing.sign("cursor", payload)
        place %= len(text)
        changed = text[:place] + character + text[place + 1 :]
        if changed != text:
            with pytest.raises(InvalidSignature):
                signing.verify("cursor", changed, NOON)

    @over_one_storage
    @given(purpose=st.text(max_size=20), other=st.text(max_size=20))
    def test_a_text_for_another_purpose_is_refused(self, signing: Signing, purpose: str, other: str) -> None:
        text = signing.sign(purpose, b"payload")
        if purpose != other:
            with pytest.raises(InvalidSignature):
                signing.verify(other, text, NOON)

    @pytest.mark.parametrize("text", ["", "A", "AAAA", "A" * 54, "A" * 100, "é" * 60, "\0" * 60, "A" * 1_000_000])
    def test_what_nobody_signed_is_refused(self, signing: Signing, text: str) -> None:
        with pytest.raises(InvalidSignature) as refused:
            signing.verify("cursor", text, NOON)
        assert type(refused.value) is InvalidSignature

    def test_parts_of_a_text_are_refused(self, signing: Signing) -> None:
        text = signing.sign("cursor", b"payload")
        for part in (text[:-1], text[1:], text + "A", text + "=", " " + text, text + "\n"):
            with pytest.raises(InvalidSignature):
                signing.verify("cursor", part, NOON)

    def test_a_text_is_good_until_its_instant(self, signing: Signing) -> None:
        text = signing.sign("link", b"payload", NOON)
        assert signing.verify("link", text, NOON - timedelta(microseconds=1)) == b"payload"
        for late in (NOON, NOON + timedelta(days=1)):
            with pytest.raises(ExpiredSignature):
                signing.verify("link", text, late)

    def test_an_expired_text_that_was_changed_is_a_forgery(self, signing: Signing) -> None:
        text = signing.sign("link", b"payload", NOON)
        with pytest.raises(InvalidSignature) as refused:
            signing.verify("link", "B" + text[1:], NOON + timedelta(days=1))
        assert type(refused.value) is InvalidSignature
