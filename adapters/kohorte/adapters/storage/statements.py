"""The statement that selects a rule's contacts, as text: for those who want to see what the database is asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from attrs import frozen
from sqlalchemy import select
from sqlalchemy.engine.default import DefaultDialect

from kohorte.adapters.storage.audiences import StorageAudiences
from kohorte.adapters.storage.binding import binding_of
from kohorte.adapters.storage.schema import contacts
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.ports.storage import UnitOfWork
from kohorte.dsl.compiled import CompiledRule


@frozen
class Statement:
    """A statement in the words of one kind of database, with the parameters of one instant."""

    dialect: str
    sql: str
    parameters: Mapping[str, object]


def statement(work: UnitOfWork, rule: CheckedRule, at: datetime) -> Statement | None:
    """Return the statement that selects the ids of a rule's contacts; None where no database is asked."""
    if not isinstance(work.audiences, StorageAudiences) or not isinstance(rule, CompiledRule):
        return None
    transaction = work.audiences.transaction
    selection = select(contacts.c.contact_id).where(transaction.own(contacts), rule.condition(binding_of(transaction)))
    dialect = transaction.connection.dialect
    named = cast("type[DefaultDialect]", type(dialect))(paramstyle="named")  # names say more than question marks
    compiled = selection.compile(dialect=named, compile_kwargs={"render_postcompile": True})
    known = {**compiled.params, **rule.parameters(at)}
    return Statement(dialect.name, str(compiled), {name: known[name] for name in compiled.params})
