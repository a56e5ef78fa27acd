"""Text in, syntax tree out, or everything that is wrong with the text."""

from typing import Final

from attrs import evolve

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast, limits
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.diagnosis import diagnose
from kohorte.dsl.syntax.printer import format_rule
from kohorte.dsl.syntax.reader import Unexpected, read
from kohorte.dsl.syntax.scanner import scraps


def parse(text: str) -> ast.Rule:
    """Return the syntax tree of a rule, with its comments.

    Raise ``RuleRefused`` with every problem that was found. The time taken is bounded whatever the text (``limits``),
    equal texts give equal trees, and the canonical text of the tree can be read too.
    """
    is_small = limits.is_small(text)
    try:
        if not is_small:
            limits.check_text(text)
        rule = _read(text)
        if "#" in text:
            rule = evolve(rule, comments=_comments(text))
        if not is_small or len(rule.comments) > _FEW:
            limits.check_tree(rule)
            limits.check_text(format_rule(rule))  # else what is stored could not be read
    except Refusal as refusal:
        raise RuleRefused(text, [refusal.problem(text)]) from None
    return rule


_FEW: Final = 100
"""Comments that cannot make the canonical text of a small rule too long."""


def _read(text: str) -> ast.Rule:
    try:
        return read(text)
    except (Refusal, Unexpected) as fault:
        raise RuleRefused(text, diagnose(text, fault)) from None


def _comments(text: str) -> tuple[ast.Comment, ...]:
    return tuple(
        ast.Comment(
            scrap.text[1:].removeprefix(" ").rstrip(),
            own_line=not text[text.rfind("\n", 0, scrap.start) + 1 : scrap.start].strip(),
            span=Span(scrap.start, scrap.end),
        )
        for scrap in scraps(text)
        if scrap.kind == "comment"
    )
