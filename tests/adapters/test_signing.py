"""Signatures hold what their port promises, secrets can follow each other, and nothing shows one."""

import os
import stat
import traceback
from pathlib import Path

import pytest

from kohorte.adapters.signing import SecretMissing, make_secret, open_signing
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.signing import InvalidSignature, Signing
from kohorte.core.testing.contracts import SigningContract
from kohorte.core.testing.fakes import NOON

OLD, NEW = "old" * 12, "new" * 12


class TestHmacSigning(SigningContract):
    @pytest.fixture
    def signing(self) -> Signing:
        return open_signing(OLD, None)


def test_a_text_is_the_same_wherever_and_whenever_the_secret_is() -> None:
    text = open_signing(OLD, None).sign("cursor", b"payload", NOON)
    assert text == open_signing(OLD, None).sign("cursor", b"payload", NOON)
    assert text == GOLDEN


def test_another_secret_makes_other_texts() -> None:
    text = open_signing(OLD, None).sign("cursor", b"payload")
    with pytest.raises(InvalidSignature):
        open_signing(NEW, None).verify("cursor", text, NOON)


@pytest.mark.parametrize("both", [f"{NEW},{OLD}", f"{NEW}\n{OLD}\n", f" {NEW} , {OLD} ", f"\r\n{NEW}\r\n\r\n{OLD}"])
def test_the_first_secret_signs_and_all_verify(both: str, tmp_path: Path) -> None:
    before = open_signing(OLD, None).sign("cursor", b"payload")
    (tmp_path / "secret").write_text(both, "utf-8")
    for rotated in (open_signing(both, None), open_signing(None, tmp_path / "secret")):
        assert rotated.verify("cursor", before, NOON) == b"payload"
        after = rotated.sign("cursor", b"payload")
        assert open_signing(NEW, None).verify("cursor", after, NOON) == b"payload"


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "kohorte.db.secret"
    assert make_secret(file)
    made = file.read_text("utf-8")
    assert not make_secret(file)
    assert file.read_text("utf-8") == made
    assert len(made.strip()) >= 43
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = open_signing(None, file).sign("cursor", b"payload")
    assert open_signing(None, file).verify("cursor", text, NOON) == b"payload"


def test_a_secret_that_is_given_goes_before_a_file(tmp_path: Path) -> None:
    make_secret(tmp_path / "secret")
    text = open_signing(OLD, tmp_path / "secret").sign("cursor", b"payload")
    assert open_signing(OLD, None).verify("cursor", text, NOON) == b"payload"


def test_a_missing_secret_is_told_with_the_way_to_one(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing) as nowhere:
        open_signing(None, None)
    assert "KOHORTE_SECRET" in nowhere.value.advice()
    with pytest.raises(SecretMissing) as gone:
        open_signing("", tmp_path / "kohorte.db.secret")
    assert "kohorte migrate" in gone.value.advice()


@pytest.mark.parametrize("short", ["geheim", f"{NEW},geheim", "geheim\n" * 20, " , \n"])
def test_a_short_secret_is_refused_and_never_repeated(short: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(short, "utf-8")
    for given, file in ((short, None), (None, tmp_path / "secret")):
        with pytest.raises(InvalidInput, match="at least 32") as refused:
            open_signing(given, file)
        assert "geheim" not in "".join(traceback.format_exception(refused.value))


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff" * 40)
    for file in (tmp_path, tmp_path / "binary"):
        with pytest.raises(InvalidInput, match=file.name):
            open_signing(None, file)
    with pytest.raises(InvalidInput, match="nowhere"):
        make_secret(tmp_path / "nowhere" / "secret")


def test_a_secret_stands_in_no_repr() -> None:
    assert OLD not in repr(open_signing(OLD, None))


GOLDEN = "AAYYfNugcABwYXlsb2Fk1xGF7Oh2DpQ-lIVCllXkLtvU_QFzKgAx8r0DSrVOZsE"
