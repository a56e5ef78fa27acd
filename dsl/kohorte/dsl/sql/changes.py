"""When the answers of a rule may next change by time alone, for all records at once.

One expression beside the condition: for each record of the subject's table the instant (µs) before which no time
changes whether the rule holds, and NULL where none ever does. It is a bound: at that instant the rule is asked anew.
It is never later than the true change, always later than now, and mostly what ``changes`` finds in memory. Sums,
averages, and least, greatest and latest values are due as soon as some row comes or goes; yearly returns each day from
about two weeks before they begin.

What will be due is found by one statement, which does not compute the bound of each record to find those few::

    statement = select(contacts.c.id).where(is_due(checked, binding, "contact"))
    connection.execute(statement, due_parameters(checked, now, until))
"""

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, false, func, literal_column

from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.normal import push_negations
from kohorte.dsl.sql.binding import Binding
from kohorte.dsl.sql.conditions import ConditionWriter
from kohorte.dsl.sql.crossings import CrossingWriter
from kohorte.dsl.sql.elements import Least
from kohorte.dsl.sql.passings import Passings
from kohorte.dsl.sql.scope import Scope
from kohorte.dsl.sql.stays import FAR, StayWriter
from kohorte.dsl.sql.times import NOW, UNTIL, then, times_of
from kohorte.dsl.typed import All, Checked

_MICROS: Final = BigInteger()


def recheck_at(checked: Checked, binding: Binding, subject: str) -> ColumnElement[Any]:
    """Return the instant (µs) before which no time changes a rule's answer, as an expression over the bound tables.

    Raise ``InvalidInput`` where the rule reads what the binding does not have, or a column cannot hold its field.
    """
    writer = StayWriter(ConditionWriter(times_of(checked)), Passings.of(checked))
    stay = writer.write(push_negations(checked.condition), Scope.of_subject(binding, subject, checked.zone))
    now, far = bindparam(NOW, type_=_MICROS), literal_column(str(FAR), _MICROS)
    return func.nullif(Least(func.abs(stay), far), far, type_=_MICROS) + now


def recheck_parameters(checked: Checked, now: int) -> dict[str, object]:
    """Return the values of the expression's parameters at an instant (µs), those of the rule's condition among them."""
    return {**times_of(checked).at(now), NOW: now, **Passings.of(checked).at(now)}


def is_due(checked: Checked, binding: Binding, subject: str) -> ColumnElement[bool]:
    """Return the condition that a record's bound is not later than an instant that ``due_parameters`` are given.

    No record whose answer changes until then is left out. Raise ``InvalidInput`` as ``recheck_at`` does.
    """
    condition, scope = push_negations(checked.condition), Scope.of_subject(binding, subject, checked.zone)
    if is_timeless(condition):
        return false()
    is_near = recheck_at(checked, binding, subject) <= bindparam(UNTIL, type_=_MICROS)
    times = times_of(checked)
    conditions = ConditionWriter(times)
    crossed = CrossingWriter(conditions, times).write(condition, scope)
    if crossed is None:
        return is_near
    parts = condition.parts if isinstance(condition, All) else (condition,)
    always = [conditions.write(part, scope) for part in parts if is_timeless(part)]
    return and_(*always, crossed, is_near)


def due_parameters(checked: Checked, now: int, until: int) -> dict[str, object]:
    """Return the values of the parameters of ``is_due`` at an instant (µs), for what is due until a later one."""
    later = {then(name): value for name, value in times_of(checked).at(until).items()}
    return {**recheck_parameters(checked, now), **later, UNTIL: until}
