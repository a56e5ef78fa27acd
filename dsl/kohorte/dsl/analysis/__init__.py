"""Static analysis: what can be said about a rule, or about two, without any record.

One engine answers all of it: a rule in negation normal form is parted into branches, and each branch holds one domain
for every operand (``solver``, ``domains``). That a branch is impossible is proved; that one is possible is shown by a
record that the rule itself was asked about (``witnesses``); else the answer is unknown. Proofs hold for records that
fit the catalogue: no field lacks a value that cannot, and each holds what its kind can.
"""

from kohorte.dsl.analysis.answers import Answer, Proved, Refuted, Unknown, Witness
from kohorte.dsl.analysis.comparison import Comparison, compare
from kohorte.dsl.analysis.fingerprints import canonical, fingerprint
from kohorte.dsl.analysis.linting import findings

__all__ = [
    "Answer",
    "Comparison",
    "Proved",
    "Refuted",
    "Unknown",
    "Witness",
    "canonical",
    "compare",
    "findings",
    "fingerprint",
]
