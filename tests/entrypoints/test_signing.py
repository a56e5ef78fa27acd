"""What signs is found where migrate put it, or where the settings say; a database on a server has no place for it."""

from pathlib import Path

import pytest

from kohorte.adapters.signing import SecretMissing
from kohorte.core.testing.fakes import NOON
from kohorte.entrypoints.bootstrap import migrate_database, open_application
from kohorte.entrypoints.settings import Settings, settings_from, without_secrets
from tests.entrypoints.conftest import Kohorte
from tests.postgres import Database

SECRET = "geheim" * 6


def signed(database: str, secret: str | None = None, secret_file: str | None = None) -> str:
    application = open_application(database, secret=secret, secret_file=secret_file)
    try:
        return application.signing.sign("cursor", b"payload")
    finally:
        application.close()


def test_migrate_makes_a_secret_beside_a_file_once(kohorte: Kohorte, tmp_path: Path) -> None:
    kohorte("migrate")
    made = (tmp_path / "kohorte.db.secret").read_text("utf-8")
    kohorte("migrate")
    assert (tmp_path / "kohorte.db.secret").read_text("utf-8") == made
    assert signed("sqlite:///kohorte.db") == signed("sqlite:///kohorte.db", secret=made)


def test_migrate_makes_it_where_it_is_told_to(kohorte: Kohorte, tmp_path: Path) -> None:
    kohorte("migrate", "--secret-file", "other.secret")
    assert {each.name for each in tmp_path.iterdir() if "secret" in each.name} == {"other.secret"}
    assert signed("sqlite:///kohorte.db", secret_file="other.secret")
    with pytest.raises(SecretMissing):
        signed("sqlite:///kohorte.db")


def test_migrate_makes_none_where_the_environment_has_one(
    kohorte: Kohorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOHORTE_SECRET", SECRET)
    answer = kohorte("migrate")
    assert SECRET not in answer.out + answer.err
    assert not [each for each in tmp_path.iterdir() if "secret" in each.name]


def test_a_lost_secret_matters_when_something_must_be_signed(kohorte: Kohorte, tmp_path: Path) -> None:
    kohorte("migrate")
    (tmp_path / "kohorte.db.secret").unlink()
    assert kohorte("segment", "list").code == 0
    with pytest.raises(SecretMissing):
        signed("sqlite:///kohorte.db")
    kohorte("migrate")
    assert signed("sqlite:///kohorte.db")


@pytest.mark.postgres
def test_a_database_on_a_server_needs_a_secret_of_the_settings(postgres_database: Database, tmp_path: Path) -> None:
    url, file = postgres_database.owner_url, str(tmp_path / "secret")
    migrate_database(url)
    with pytest.raises(SecretMissing) as missing:
        signed(url)
    assert "KOHORTE_SECRET" in missing.value.advice()
    assert "--secret-file" in missing.value.advice()
    migrate_database(url, secret_file=file)
    assert signed(url, secret_file=file) == signed(url, secret=Path(file).read_text("utf-8"))


def test_settings_take_the_secret_of_the_environment_and_never_show_it() -> None:
    settings = settings_from({"KOHORTE_SECRET": f"{SECRET},{SECRET[::-1]}", "KOHORTE_SECRET_FILE": "there"})
    assert (settings.secret, settings.secret_file) == (f"{SECRET},{SECRET[::-1]}", "there")
    assert "geheim" not in repr(settings)
    assert without_secrets(f"a {SECRET} b {SECRET[::-1]} c", settings) == "a *** b *** c"
    assert without_secrets("nothing to hide", Settings()) == "nothing to hide"


def test_one_application_signs_and_verifies_and_never_shows_its_secret(kohorte: Kohorte) -> None:
    kohorte("migrate")
    application = open_application("sqlite:///kohorte.db", secret=SECRET)
    assert SECRET not in repr(application)
    text = application.signing.sign("cursor", b"payload")
    assert application.signing.verify("cursor", text, NOON) == b"payload"
    application.close()
