"""Samples: a share of the subjects, drawn by a name."""

from typing import Final

from kohorte.core.fields import Field, Kind
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.literals import cleaned
from kohorte.dsl.checker.scope import Scope
from kohorte.dsl.errors import Refusal
from kohorte.dsl.samples import ALL
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import Always, Condition, InSample

_SEED: Final = Field("seed", Kind.TEXT)
_DECIMALS: Final = 4


def in_sample(node: ast.InSample, scope: Scope) -> Condition:
    """Check ``[not] in sample 10 % of "seed"``; nobody is in 0 %, and everybody in 100 %."""
    scope.count()
    if scope.row is not None:
        raise Refusal(messages.SAMPLE_INSIDE, node.span, row=scope.row.name)
    share = _share(node, scope)
    seed = cleaned(ast.Text(node.seed, span=scope.quoted_at(node.span, node.seed)), _SEED)
    if not seed:
        raise Refusal(messages.SAMPLE_WITHOUT_SEED, scope.quoted_at(node.span, node.seed))
    if share in (0, ALL):
        return Always((share == ALL) != node.negated, span=node.span)
    return InSample(share, seed, negated=node.negated, span=node.span)


def _share(node: ast.InSample, scope: Scope) -> int:
    """Return the share in millionths."""
    written = f"{node.percent:f}"
    at = scope.word_at(Span(node.span.start, scope.quoted_at(node.span, node.seed).start), written)
    if node.percent > 100:
        raise Refusal(messages.NO_SHARE, at, number=written)
    millionths = node.percent.scaleb(_DECIMALS)
    if millionths != int(millionths):
        raise Refusal(messages.SHARE_TOO_FINE, at, number=written[:40], limit=_DECIMALS)
    return int(millionths)
