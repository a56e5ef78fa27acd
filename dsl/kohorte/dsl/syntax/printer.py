"""The canonical text of a rule: one spelling for each meaning, comments kept, ``parse(format_rule(rule)) == rule``.

A condition that fits stands on one line. Otherwise each of those that are joined has a line of its own, led by its
``and`` or ``or``, and what is too long even so opens its brackets.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, frozen

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast, limits
from kohorte.dsl.syntax.comments import Placed, place
from kohorte.dsl.syntax.phrases import Enclosed, Phrase, flat, flattened, joint, literal, member, phrase

WIDTH: Final = 100
"""Columns of a line, where what it says can be broken at all."""
_STEP: Final = 4
_DEEPEST: Final = 8 * _STEP
_SHORT: Final = 30
"""Brackets that hold no more columns than this stay closed when others can be opened."""


def format_rule(rule: ast.Rule) -> str:
    """Return the canonical text of a rule, however its tree was made.

    Raise ``RuleRefused`` for a tree beyond the limits of rules.
    """
    try:
        limits.check_tree(rule)
    except Refusal as refusal:
        raise RuleRefused("", [refusal.problem("")]) from None
    zone = zone_line(rule)
    return laid_out(rule, zone, place(rule.comments, [*([zone] if zone else []), *rule.lets, rule.condition]))


def zone_line(rule: ast.Rule) -> ast.Text | None:
    """Return the node that stands for the line of the time zone, for comments to belong to."""
    return None if rule.zone is None else ast.Text(rule.zone, span=rule.zone_span)


def laid_out(rule: ast.Rule, zone: ast.Text | None, placed: Placed) -> str:
    """Return the text of a rule with comments whose units are known."""
    page = _Page(placed)
    lines: list[_Line] = []
    if zone is not None:
        lines += page.with_comments(zone, [_Line(0, f"in zone {literal(zone.value)}")])
    for let in rule.lets:
        lines += page.with_comments(let, page.broken(let, phrase(let), 0))
    lines += page.with_comments(rule.condition, page.unit(rule.condition, 0))
    return "\n".join(line.text() for line in lines)


@define
class _Line:
    indent: int
    code: str
    comment: str | None = None

    def text(self) -> str:
        """Return the line; beyond eight levels it goes no further in, or deep rules would be mostly blanks."""
        comment = None if self.comment is None else f"# {self.comment}".rstrip()
        return " " * min(self.indent, _DEEPEST) + "  ".join(filter(None, (self.code, comment)))


@frozen
class _Page:
    placed: Placed

    def unit(self, unit: ast.Node, indent: int, comma: str = "") -> list[_Line]:
        """Lay out a unit; parts of a chain get lines of their own where it does not fit."""
        if isinstance(unit, ast.And | ast.Or) and not self._fits(unit, flat(unit) + comma, indent):
            lines = [line for at in range(len(unit.parts)) for line in self._part(unit, at, indent)]
            lines[-1].code += comma
            return lines
        return self.broken(unit, [*phrase(unit), comma], indent)

    def broken(self, node: ast.Node, said: Phrase, indent: int) -> list[_Line]:
        """Lay out a phrase, its brackets open where it does not fit or comments stand in them."""
        if self._fits(node, flattened(said), indent):
            return [_Line(indent, flattened(said))]
        lines: list[_Line] = []
        code = ""
        for each in said:
            if isinstance(each, Enclosed) and self._opens(each):
                lines.append(_Line(indent, code + "("))
                lines += self._inside(each, indent + _STEP)
                code = ")"
            else:
                code += flattened([each])
        return [*lines, _Line(indent, code)]

    def with_comments(self, unit: ast.Node, lines: list[_Line]) -> list[_Line]:
        """Put the unit's comments around its lines."""
        indent = lines[0].indent
        before = [_Line(indent, "", text) for text in self.placed.before.get(id(unit), ())]
        after = [_Line(indent, "", text) for text in self.placed.after.get(id(unit), ())]
        at_end = self.placed.at_end.get(id(unit))
        if at_end is not None and lines[-1].comment is not None:
            after.insert(0, _Line(indent, "", at_end))
        elif at_end is not None:
            lines[-1].comment = at_end
        return [*before, *lines, *after]

    def _part(self, chain: ast.And | ast.Or, at: int, indent: int) -> list[_Line]:
        part = chain.parts[at]
        said = member(part, is_last=at == len(chain.parts) - 1)
        lead = f"{joint(chain)} " if at else ""
        return self.with_comments(part, self.broken(part, [lead, *said], indent))

    def _fits(self, node: ast.Node, code: str, indent: int) -> bool:
        return id(node) not in self.placed.holding and indent + len(code) <= WIDTH

    def _opens(self, brackets: Enclosed) -> bool:
        return self._concerned(brackets.units) or len(flattened([brackets])) > _SHORT

    def _concerned(self, units: Iterable[ast.Node]) -> bool:
        return any(map(self.placed.concern, units))

    def _inside(self, brackets: Enclosed, indent: int) -> list[_Line]:
        if brackets.is_group:
            return self.unit(brackets.units[0], indent)
        if brackets.is_list and not self._concerned(brackets.units):
            return _filled([*map(flat, brackets.units[:-1]), flat(brackets.units[-1]) + brackets.comma], indent)
        lines: list[_Line] = []
        for unit in brackets.units:
            comma = brackets.comma if unit is brackets.units[-1] else ","
            lines += self.with_comments(unit, self.unit(unit, indent, comma))
        return lines


def _filled(entries: Sequence[str], indent: int) -> list[_Line]:
    """Return the entries of a list, as many on a line as fit."""
    lines = [_Line(indent, entries[0])]
    for entry in entries[1:]:
        if indent + len(lines[-1].code) + len(entry) + 3 > WIDTH:
            lines[-1].code += ","
            lines.append(_Line(indent, entry))
        else:
            lines[-1].code += f", {entry}"
    return lines
