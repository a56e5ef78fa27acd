"""What the help says, in the words of the language server protocol."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve
from lsprotocol import types

from kohorte.core.errors import Translate
from kohorte.core.ports.rules import Edit, Fix, Problem, Severity
from kohorte.dsl.assistance.colours import Colour, Coloured
from kohorte.dsl.assistance.hover import Hover
from kohorte.dsl.assistance.offers import Category, Completion, Offer
from kohorte.entrypoints.lsp.positions import Positions

SOURCE: Final = "kohorte"
_KINDS: Final[Mapping[Category, types.CompletionItemKind]] = {
    Category.VALUE: types.CompletionItemKind.Value,
    Category.CHOICE: types.CompletionItemKind.EnumMember,
    Category.PARAMETER: types.CompletionItemKind.Variable,
    Category.FIELD: types.CompletionItemKind.Field,
    Category.OPERATOR: types.CompletionItemKind.Operator,
    Category.LIST: types.CompletionItemKind.Reference,
    Category.UNIT: types.CompletionItemKind.Unit,
    Category.CURRENCY: types.CompletionItemKind.Unit,
    Category.DAY: types.CompletionItemKind.Constant,
    Category.VERB: types.CompletionItemKind.Event,
    Category.AGGREGATE: types.CompletionItemKind.Function,
    Category.FUNCTION: types.CompletionItemKind.Function,
    Category.COLLECTION: types.CompletionItemKind.Class,
    Category.SEGMENT: types.CompletionItemKind.Reference,
    Category.SNIPPET: types.CompletionItemKind.Snippet,
    Category.WINDOW: types.CompletionItemKind.Snippet,
    Category.ZONE: types.CompletionItemKind.Constant,
}
_SEVERITIES: Final[Mapping[Severity, types.DiagnosticSeverity]] = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.HINT: types.DiagnosticSeverity.Information,
}
_SUPERFLUOUS: Final = frozenset({"redundant_part", "dead_part", "unused_parameter"})
"""What can be taken out without any effect: editors show it faded."""
COLOURS: Final = tuple(colour.value for colour in Colour)
"""The legend of the colours: each is told by its place here."""
_PLACES: Final = {colour: place for place, colour in enumerate(Colour)}
_SPECIAL: Final = re.compile(r"([\\$}])")


def completion_list(
    found: Completion, positions: Positions, translate: Translate, *, snippets: bool
) -> types.CompletionList:
    """Return the offers, each with the range that it replaces; in their order."""
    where = positions.range(found.start, found.end)
    is_quoted = "`" in positions.text[found.start : found.end]
    items = [
        evolve(
            _item(offer, place, where, translate, snippets=snippets),
            # The editor holds it against what is typed, where backquotes come last if at all.
            filter_text=offer.text if is_quoted else offer.text.replace("`", ""),
        )
        for place, offer in enumerate(found.offers)
    ]
    may_grow = any(offer.category is Category.VALUE for offer in found.offers)  # more typed, other values
    return types.CompletionList(is_incomplete=may_grow or not found.is_complete, items=items)


def _item(
    offer: Offer, place: int, where: types.Range, translate: Translate, *, snippets: bool
) -> types.CompletionItem:
    as_snippet = snippets and bool(offer.places)
    return types.CompletionItem(
        label=offer.text.strip(),
        kind=_KINDS.get(offer.category, types.CompletionItemKind.Keyword),
        detail=offer.described(translate) or None,
        sort_text=f"{place:04}",
        insert_text_format=types.InsertTextFormat.Snippet if as_snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(where, _snippet(offer) if as_snippet else offer.text),
    )


def _snippet(offer: Offer) -> str:
    """Return the text with numbered stops around what the reader will want to change."""
    said, end = [], 0
    for number, (start, stop) in enumerate(offer.places, 1):
        said += [_escaped(offer.text[end:start]), f"${{{number}:{_escaped(offer.text[start:stop])}}}"]
        end = stop
    return "".join(said) + _escaped(offer.text[end:])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def markdown(found: Hover, positions: Positions, translate: Translate) -> types.Hover:
    """Return a description: how it is written, what it means, and rules that use it."""
    said = [_code(found.title), *(line.text(translate) for line in found.lines), *map(_code, found.examples)]
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(said))
    return types.Hover(content, positions.range(found.start, found.end))


def _code(text: str) -> str:
    fence = "`" * max(3, *(len(each) + 1 for each in re.findall(r"`+", text)), 3)
    return f"{fence}kohorte\n{text}\n{fence}"


def diagnostics(problems: Iterable[Problem], positions: Positions, translate: Translate) -> list[types.Diagnostic]:
    """Return the findings."""
    return [_diagnostic(each, positions, translate) for each in problems]


def _diagnostic(problem: Problem, positions: Positions, translate: Translate) -> types.Diagnostic:
    said = filter(None, (problem.text(translate), problem.advice(translate)))
    return types.Diagnostic(
        range=positions.range(problem.start, problem.end),
        message="\n".join(said),
        severity=_SEVERITIES[problem.severity],
        code=problem.code,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if problem.code in _SUPERFLUOUS else None,
    )


def code_actions(
    fixes: Iterable[tuple[Problem, Fix]], uri: str, positions: Positions, translate: Translate
) -> Iterator[types.CodeAction]:
    """Yield the fixes as edits of the document."""
    for problem, fix in fixes:
        yield types.CodeAction(
            title=translate(fix.title).format(**problem.values),
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[_diagnostic(problem, positions, translate)],
            edit=types.WorkspaceEdit(changes={uri: [text_edit(edit, positions) for edit in fix.edits]}),
        )


def text_edit(edit: Edit, positions: Positions) -> types.TextEdit:
    """Return an edit."""
    return types.TextEdit(positions.range(edit.start, edit.end), edit.text)


def semantic_tokens(found: Sequence[Coloured], positions: Positions) -> types.SemanticTokens:
    """Return the colours, each told by its distance from the one before."""
    data: list[int] = []
    line = character = 0
    for each in found:
        at = positions.position(each.start)
        data += [at.line - line, at.character - (character if at.line == line else 0)]
        data += [positions.length(each.start, each.end), _PLACES[each.colour], 0]
        line, character = at.line, at.character
    return types.SemanticTokens(data)
