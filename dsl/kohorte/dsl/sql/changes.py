"""When the answers of a rule may next change by time alone, for all records at once.

One expression beside the condition: for each record of the subject's table the instant (µs) before which no time
changes whether the rule holds, and NULL where none ever does. What will be due is found by one statement::

    due = recheck_at(checked, binding, "contact")
    statement = select(contacts.c.id).where(due <= bindparam("until"))
    connection.execute(statement, {**recheck_parameters(checked, now), "until": until})

It is a bound: at that instant the rule is asked anew. It is never later than the true change, always later than now,
and mostly what ``changes`` finds in memory. Sums, averages, and least, greatest and latest values are due as soon as
some row comes or goes; yearly returns each day from about two weeks before they begin.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal_column

from kohorte.dsl.normal import push_negations
from kohorte.dsl.sql.binding import Binding
from kohorte.dsl.sql.conditions import ConditionWriter
from kohorte.dsl.sql.elements import Least
from kohorte.dsl.sql.passings import Passings
from kohorte.dsl.sql.scope import Scope
from kohorte.dsl.sql.stays import FAR, StayWriter
from kohorte.dsl.sql.times import NOW, times_of
from kohorte.dsl.typed import Checked

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
