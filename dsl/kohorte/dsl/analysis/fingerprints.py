"""The canonical form of a rule, and the hash that is made of it.

Constants are folded, duplicates, absorbed and superfluous parts taken out, and what may stand in any order is sorted.
The form means the same as the rule for every record and at every instant; equal forms, and so equal hashes, mean the
same. The reverse does not hold: two rules can mean the same and differ.
"""

from hashlib import sha256
from typing import Final

from attrs import evolve

from kohorte.core.values import UNICODE_VERSION
from kohorte.dsl.analysis.groups import plain_condition
from kohorte.dsl.analysis.keys import condition_key
from kohorte.dsl.analysis.leaves import Place
from kohorte.dsl.analysis.reduction import reduced
from kohorte.dsl.typed import Checked

_VERSION: Final = "kohorte rule 1"
_ROUNDS: Final = 3


def canonical(checked: Checked, subject: str) -> Checked:
    """Return the rule in canonical form; ``subject`` is the owner whose records it selects.

    Referenced segments stay what they are: they are told apart by their ids, whatever their rules say today.
    """
    place = Place(subject, checked.zone)
    condition = plain_condition(checked.condition, place)
    for _ in range(_ROUNDS):
        found = reduced(condition, place)
        if found == condition:
            break
        condition = plain_condition(found, place)  # what is left of a group may join the group around it
    return evolve(checked, condition=condition)


def fingerprint(checked: Checked, subject: str) -> str:
    """Return the hash of a rule as 64 hexadecimal digits: equal hashes imply equal meaning, never the reverse.

    It covers the kinds of the fields, the ids of segments and lists, the values of parameters, the zone where a bound
    hangs on it, and the Unicode tables where text is folded. It is the same in every process and on every version of
    Python with the same Unicode tables; rules that fold nothing have the same one everywhere.
    """
    key = condition_key(canonical(checked, subject).condition, checked.zone)
    tables = UNICODE_VERSION if " folded" in key or "<text" in key else ""
    return sha256("\n".join((_VERSION, subject, tables, key)).encode()).hexdigest()
