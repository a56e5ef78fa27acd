"""Keys on the command line: shown once, listed without their secret, revoked by name."""

import json

import pytest

from tests.entrypoints.conftest import Kohorte


@pytest.fixture
def installed(kohorte: Kohorte) -> Kohorte:
    assert kohorte("migrate").code == 0
    return kohorte


def test_a_key_is_shown_alone_so_that_it_can_be_piped(installed: Kohorte) -> None:
    answer = installed("key", "create", "web shop", "--role", "sales")
    assert answer.code == 0
    assert answer.out.startswith("kohorte_")
    assert answer.out.count("\n") == 1
    assert "not shown again" in answer.err


def test_a_key_is_listed_without_its_secret(installed: Kohorte) -> None:
    made = json.loads(
        installed("key", "create", "a", "--role", "sales", "--role", "read", "--expires", "2100-01-01", "--json").out
    )
    listed = installed("key", "list", "--json").out
    assert made["token"] not in listed
    (found,) = json.loads(listed)
    assert found == {name: value for name, value in made.items() if name != "token"}
    assert (found["roles"], found["expires_at"], found["last_used_on"]) == (
        ["read", "sales"],
        "2100-01-01T00:00:00Z",
        None,
    )
    assert "read, sales" in installed("key", "list").out


def test_a_revoked_key_is_listed_on_request(installed: Kohorte) -> None:
    installed("key", "create", "a", "--role", "read")
    assert installed("key", "revoke", "a").out == 'The key "a" is revoked.\n'
    assert json.loads(installed("key", "list", "--json").out) == []
    (found,) = json.loads(installed("key", "list", "--revoked", "--json").out)
    assert found["revoked_at"] is not None
    assert installed("key", "revoke", "a").code == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("a",), 2),
        (("a", "--role", "king"), 2),
        ((" ", "--role", "read"), 1),
        (("a", "--role", "read", "--expires", "2000-01-01"), 1),
        (("a", "--role", "read", "--expires", "soon"), 1),
    ],
)
def test_a_key_without_role_name_or_future_is_refused(
    installed: Kohorte, arguments: tuple[str, ...], code: int
) -> None:
    assert installed("key", "create", *arguments).code == code
    assert json.loads(installed("key", "list", "--json").out) == []
