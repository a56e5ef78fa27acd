"""Findings about rules: what is wrong, where, what to do, and edits that do it.

``Message`` is one entry of the table of findings: a stable code, what is wrong, and what to do. ``Message.at`` makes a
``Problem`` of it. Whoever finds something before the source is at hand raises ``Refusal``; ``Refusal.problem`` adds the
place. Texts are for people who write segments, not for programmers: they name things by the words that rules use.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import combining, east_asian_width

from attrs import frozen

from kohorte.core.errors import Translate, as_written
from kohorte.core.ports.rules import Edit, Fix, Problem, Severity
from kohorte.dsl.syntax.ast import Span


@frozen
class Message:
    """A kind of finding. ``template`` and ``hint`` are ``str.format`` templates over the values given to ``at``."""

    code: str
    template: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def at(self, source: str, span: Span, *, fixes: Sequence[Fix] = (), **values: object) -> Problem:
        """Return the problem at ``span`` of ``source``."""
        line, column = position(source, span.start)
        return Problem(
            code=self.code,
            template=self.template,
            start=span.start,
            end=span.end,
            line=line,
            column=column,
            values=values,
            hint=self.hint,
            severity=self.severity,
            fixes=tuple(fixes),
        )


class Refusal(Exception):
    """A finding made where the source is not at hand."""

    def __init__(self, message: Message, span: Span, *, fixes: Sequence[Fix] = (), **values: object) -> None:
        self.message = message
        self.span = span
        self.fixes = tuple(fixes)
        self.values = values
        super().__init__(message.code)

    def problem(self, source: str) -> Problem:
        """Return the finding with its place in ``source``."""
        return self.message.at(source, self.span, fixes=self.fixes, **self.values)

    @classmethod
    def writing(
        cls, message: Message, span: Span, *texts: str, instead_of: Span | None = None, **values: object
    ) -> "Refusal":
        """Return a finding whose fixes write one of ``texts`` where ``span`` (or ``instead_of``) is."""
        shown = {f"fix{number}": shortened(text, 60) for number, text in enumerate(texts, 1)}
        titles = [f"Write {{{name}}}" if shown[name] else "Remove it" for name in shown]
        fixes = [replacing(title, instead_of or span, text) for title, text in zip(titles, texts, strict=True)]
        return cls(message, span, fixes=fixes, **values, **shown)


def shortened(text: str, longest: int = 40) -> str:
    """Return the text for a message: on one line, and cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def position(source: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a character offset; columns count characters."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


# -- fixes -------------------------------------------------------------------------------------------------------


def replacing(title: str, span: Span, text: str) -> Fix:
    """Return the fix that puts ``text`` where ``span`` is."""
    return Fix(title, (Edit(span.start, span.end, text),))


def bracketing(title: str, *spans: Span) -> Fix:
    """Return the fix that puts parentheses around each of the spans."""
    return Fix(title, tuple(edit for span in spans for edit in _around(span)))


def _around(span: Span) -> tuple[Edit, Edit]:
    return Edit(span.start, span.start, "("), Edit(span.end, span.end, ")")


def apply_fix(fix: Fix, source: str) -> str:
    """Return the source after the edits of a fix."""
    for edit in sorted(fix.edits, key=lambda each: (each.start, each.end), reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source


# -- showing a problem -------------------------------------------------------------------------------------------

_SHOWN: Final = 100
"""Columns of the source line that are shown around a problem."""


def render(problem: Problem, source: str, translate: Translate = as_written) -> str:
    """Return the problem as lines for a terminal: what, the line with a caret below, what to do, and the fixes."""
    begin = source.rfind("\n", 0, problem.start) + 1
    end = source.find("\n", begin)
    line = source[begin : end if end >= 0 else len(source)]
    at = problem.start - begin
    until = max(at + 1, min(problem.end - begin, len(line)))
    shift = max(0, min(at - _SHOWN // 2, len(line) - _SHOWN))
    before, marked, after = line[shift:at], line[at:until], line[until : shift + _SHOWN]
    marked = marked[: max(1, _SHOWN - len(before))]
    shown = [f"{problem.line}:{problem.column}: {problem.text(translate)}"]
    shown.append("  " + _visible(before + marked + after).rstrip())
    shown.append("  " + " " * _width(_visible(before)) + "^" * max(1, _width(_visible(marked))))
    if advice := problem.advice(translate):
        shown.append("  " + advice)
    shown += [f"  - {translate(fix.title).format(**problem.values)}" for fix in problem.fixes]
    return "\n".join(shown)


def _visible(text: str) -> str:
    """Return the text with one visible character or blank for each that would move the cursor or hide."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " if each.isspace() else "\ufffd" for each in text)


def _width(text: str) -> int:
    """Return how many columns a terminal gives the text."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


# -- did you mean ------------------------------------------------------------------------------------------------


def suggest(word: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the candidates that ``word`` may have been meant for, the nearest first, equally near ones in their order.

    Case does not count. For every three letters one slip is forgiven: one missing, added or changed, or two swapped.
    """
    wanted = word.casefold()[:60]
    allowed = max(1, (len(wanted) + 1) // 3)
    letters = set(wanted)
    found: list[tuple[int, str]] = []
    for candidate in candidates:
        known = candidate.casefold()
        # Two texts that far apart in length or letters are too far apart in slips, and this is much cheaper to see.
        if abs(len(known) - len(wanted)) <= allowed and len(letters.symmetric_difference(known)) <= 2 * allowed:
            slips = _slips(wanted, known)
            if slips <= allowed and slips < len(wanted):
                found.append((slips, candidate))
    found.sort(key=lambda each: each[0])
    return tuple(candidate for _, candidate in found[:limit])


def _slips(one: str, other: str) -> int:
    """Return the optimal string alignment distance."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, against in enumerate(other, 1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, above = above, current
    return above[-1]
