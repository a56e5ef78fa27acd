"""API keys: told once, let their holder in for what their roles allow, and open nothing once they end."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.access.commands import CreateKey, NewKey, NoteUse, RevokeKey
from kohorte.core.access.events import KeyCreated, KeyRevoked
from kohorte.core.access.model import ApiKey, Caller, ExpiredKey, InvalidKey, RevokedKey
from kohorte.core.access.permissions import PERMISSIONS, MissingPermission, Permission, Role
from kohorte.core.access.queries import caller_of, find_key, list_keys
from kohorte.core.access.tokens import Token, parse_token
from kohorte.core.bus import Bus
from kohorte.core.errors import AlreadyExists, InvalidValue, NotFound
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import NOON, FixedClock, counted_id

DAY = timedelta(days=1)


@pytest.fixture
def made(bus: Bus, tenant: Tenant) -> NewKey:
    return bus.run(CreateKey(" web shop ", (Role.SALES, Role.READ, Role.SALES), NOON + 30 * DAY), tenant, by="ann")


def keys(bus: Bus, tenant: Tenant, *, revoked: bool = False) -> list[ApiKey]:
    with bus.ports(tenant, reading=True) as ports:
        return [*list_keys(ports.work, revoked=revoked)]


# -- making and ending ---------------------------------------------------------------------------------------------


def test_a_new_key_is_kept_without_its_secret(bus: Bus, storage: MemoryStorage, tenant: Tenant, made: NewKey) -> None:
    key = made.key
    assert (key.name, key.roles, key.created_at, key.created_by) == ("web shop", (Role.READ, Role.SALES), NOON, "ann")
    assert (key.expires_at, key.revoked_at, key.last_used_on) == (NOON + 30 * DAY, None, None)
    assert keys(bus, tenant) == [key]
    token = parse_token(made.token)
    assert token is not None
    assert (token.tenant_id, token.key_id, token.hash) == (tenant.id, key.id, key.hash)
    assert storage.outbox(tenant) == (KeyCreated(key.id, (Role.READ, Role.SALES)),)


def test_neither_token_nor_hash_stands_in_what_may_be_logged(made: NewKey) -> None:
    assert made.token not in repr(made)
    assert made.key.hash not in repr(made)


def test_two_keys_have_two_secrets(bus: Bus, tenant: Tenant, made: NewKey) -> None:
    other = bus.run(CreateKey("other", (Role.READ,)), tenant)
    assert other.key.hash != made.key.hash


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\0b"])
def test_a_key_needs_a_usable_name(bus: Bus, tenant: Tenant, name: str) -> None:
    with pytest.raises(InvalidValue):
        bus.run(CreateKey(name, (Role.READ,)), tenant)


def test_a_key_needs_a_role_and_a_future(bus: Bus, tenant: Tenant) -> None:
    with pytest.raises(InvalidValue, match="role"):
        bus.run(CreateKey("a", ()), tenant)
    for end in (NOON, NOON - DAY):
        with pytest.raises(InvalidValue, match="expired already"):
            bus.run(CreateKey("a", (Role.READ,), end), tenant)


def test_a_name_is_free_again_once_its_key_is_revoked(bus: Bus, tenant: Tenant, made: NewKey) -> None:
    with pytest.raises(AlreadyExists):
        bus.run(CreateKey("web shop", (Role.READ,)), tenant)
    bus.run(RevokeKey(made.key.id), tenant)
    successor = bus.run(CreateKey("web shop", (Role.READ,)), tenant).key
    assert keys(bus, tenant) == [successor]
    with bus.ports(tenant, reading=True) as ports:
        assert find_key(ports.work, "web shop") == successor


def test_a_revoked_key_stays_listed_on_request(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, clock: FixedClock, made: NewKey
) -> None:
    at = clock.advance(DAY)
    revoked = bus.run(RevokeKey(made.key.id), tenant)
    assert revoked == evolve(made.key, revoked_at=at)
    clock.advance(DAY)
    assert bus.run(RevokeKey(made.key.id), tenant) == revoked
    assert (keys(bus, tenant), keys(bus, tenant, revoked=True)) == ([], [revoked])
    assert storage.outbox(tenant)[1:] == (KeyRevoked(made.key.id),)


def test_an_unknown_key_cannot_be_revoked_or_found(bus: Bus, tenant: Tenant) -> None:
    with pytest.raises(NotFound):
        bus.run(RevokeKey(counted_id(5)), tenant)
    with bus.ports(tenant, reading=True) as ports, pytest.raises(NotFound):
        find_key(ports.work, "web shop")


# -- letting in ----------------------------------------------------------------------------------------------------


def test_a_key_lets_its_holder_in_as_its_tenants(storage: MemoryStorage, tenant: Tenant, made: NewKey) -> None:
    caller = caller_of(storage, made.token, NOON)
    expected = PERMISSIONS[Role.READ] | PERMISSIONS[Role.SALES]
    assert caller == Caller(tenant, made.key.id, "web shop", expected, is_first_today=True)


def test_unknown_wrong_and_malformed_keys_are_told_alike(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, made: NewKey
) -> None:
    right = parse_token(made.token)
    assert right is not None
    other = bus.administer(CreateTenant("other"))
    wrong = [
        "",
        "password",
        made.token[:-1],
        made.token[:-1] + ("A" if made.token[-1] != "A" else "B"),
        Token(right.tenant_id, right.key_id, bytes(32)).text,
        Token(right.tenant_id, counted_id(9), right.secret).text,
        Token(other.id, right.key_id, right.secret).text,
        Token(counted_id(9), right.key_id, right.secret).text,
    ]
    said = set()
    for text in wrong:
        with pytest.raises(InvalidKey) as refused:
            caller_of(storage, text, NOON)
        said.add((type(refused.value), refused.value.code, refused.value.text(), refused.value.advice()))
    assert said == {(InvalidKey, "invalid_key", "This key is not valid.", refused.value.advice())}


def test_a_key_opens_nothing_from_its_end_on(storage: MemoryStorage, made: NewKey) -> None:
    end = NOON + 30 * DAY
    caller_of(storage, made.token, end - timedelta(microseconds=1))
    with pytest.raises(ExpiredKey):
        caller_of(storage, made.token, end)


def test_a_revoked_key_opens_nothing(bus: Bus, storage: MemoryStorage, tenant: Tenant, made: NewKey) -> None:
    bus.run(RevokeKey(made.key.id), tenant)
    with pytest.raises(RevokedKey):
        caller_of(storage, made.token, NOON)


def test_that_a_key_has_ended_is_told_to_its_holder_alone(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, made: NewKey
) -> None:
    bus.run(RevokeKey(made.key.id), tenant)
    guessed = Token(tenant.id, made.key.id, bytes(32)).text
    with pytest.raises(InvalidKey) as refused:
        caller_of(storage, guessed, NOON + 90 * DAY)
    assert type(refused.value) is InvalidKey


# -- last use ------------------------------------------------------------------------------------------------------


def test_the_day_of_use_is_noted_once_in_the_tenants_zone(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, clock: FixedClock, made: NewKey
) -> None:
    clock.advance(timedelta(hours=11))  # one in the morning of the 16th in Berlin
    assert caller_of(storage, made.token, clock.now()).is_first_today
    bus.run(NoteUse(made.key.id), tenant)
    assert [key.last_used_on for key in keys(bus, tenant)] == [date(2024, 5, 16)]
    assert not caller_of(storage, made.token, clock.now()).is_first_today
    assert caller_of(storage, made.token, clock.now() + DAY).is_first_today


def test_noting_a_use_does_not_bring_a_revoked_key_back(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, made: NewKey
) -> None:
    bus.run(RevokeKey(made.key.id), tenant)
    bus.run(NoteUse(made.key.id), tenant)
    bus.run(NoteUse(counted_id(9)), tenant)
    with pytest.raises(RevokedKey):
        caller_of(storage, made.token, NOON)
    assert [event.type for event in storage.outbox(tenant)] == ["crm.key.created", "crm.key.revoked"]


# -- permissions ---------------------------------------------------------------------------------------------------

PEOPLE = {Permission.MEMBERS_READ, Permission.CONTACTS_READ, Permission.LISTS_READ}


def test_only_the_roles_for_work_with_people_see_any() -> None:
    assert {role for role in Role if PERMISSIONS[role] & PEOPLE} == {*Role} - {Role.READ}


def test_only_admin_changes_keys_and_fields() -> None:
    for permission in (Permission.KEYS_ADMIN, Permission.FIELDS_WRITE):
        assert [role for role in Role if permission in PERMISSIONS[role]] == [Role.ADMIN]
    assert PERMISSIONS[Role.ADMIN] == {*Permission}


def test_the_role_to_read_writes_nothing() -> None:
    assert not {each for each in PERMISSIONS[Role.READ] if not each.value.endswith(".read")}


def test_a_caller_without_a_permission_is_told_which(storage: MemoryStorage, made: NewKey) -> None:
    caller = caller_of(storage, made.token, NOON)
    caller.require(Permission.CONTACTS_WRITE)
    with pytest.raises(MissingPermission, match=r"keys\.admin") as refused:
        caller.require(Permission.KEYS_ADMIN)
    assert (refused.value.code, refused.value.values["permission"]) == ("missing_permission", "keys.admin")
