"""What every keeper of answers promises."""

from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from kohorte.core.errors import Conflict
from kohorte.core.ports.answers import KEPT, Answer
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON

ANSWER: Final = Answer("mark", "question", 201, {"Location": "/api/segments/1", "ETag": '"1"'}, '{"name": "größer"}')
_MOMENT: Final = timedelta(microseconds=1)


def keep(storage: Storage, tenant: Tenant, answer: Answer = ANSWER) -> None:
    """Keep an answer at noon."""
    with storage.work(tenant) as work:
        work.answers.keep(answer, NOON)
        work.commit()


class AnswersContract(StorageContract):
    """Answers that were given."""

    def test_an_answer_comes_back_as_it_was_kept(self, storage: Storage, tenant: Tenant) -> None:
        keep(storage, tenant)
        with storage.work(tenant, reading=True) as work:
            assert work.answers.find("mark", NOON) == ANSWER
            assert work.answers.find("another", NOON) is None

    def test_another_tenant_has_its_own(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        keep(storage, tenant)
        with storage.work(other, reading=True) as work:
            assert work.answers.find("mark", NOON) is None
        keep(storage, other)

    def test_a_mark_is_taken_once(self, storage: Storage, tenant: Tenant) -> None:
        keep(storage, tenant)
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.answers.keep(ANSWER, NOON)

    def test_an_answer_is_kept_for_a_day(self, storage: Storage, tenant: Tenant) -> None:
        keep(storage, tenant)
        with storage.work(tenant) as work:
            assert work.answers.find("mark", NOON + KEPT - _MOMENT) == ANSWER
            assert work.answers.find("mark", NOON + KEPT) is None
            work.answers.keep(ANSWER, NOON + KEPT)
            work.commit()

    def test_what_is_over_is_forgotten_and_nothing_else(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        for whose in (tenant, other):
            keep(storage, whose)
        with storage.work(tenant) as work:
            work.answers.keep(evolve(ANSWER, mark="later"), NOON + _MOMENT)
            assert not work.answers.are_over(NOON + KEPT - _MOMENT)
            assert work.answers.forget(NOON + KEPT - _MOMENT) == 0
            assert work.answers.are_over(NOON + KEPT)
            assert work.answers.forget(NOON + KEPT) == 1
            assert work.answers.find("later", NOON) is not None
            assert not work.answers.are_over(NOON + KEPT)
            work.commit()
        with storage.work(other, reading=True) as work:
            assert work.answers.are_over(NOON + KEPT)
