"""The server itself: which requests of an editor it answers, each from the text as the editor last told it.

Whatever an editor opens is a rule file: a rule, perhaps with examples behind it. Answers are made one after the other,
in the order of the requests, and none takes long; so a cancelled request is answered all the same, or never. What is
wrong with a text is told once it is opened, and in the pauses between changes.
"""

import os
import sys
from asyncio import TimerHandle, get_running_loop
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, BinaryIO, Final

from attrs import define, field
from lsprotocol import types
from pygls.lsp.server import LanguageServer

from kohorte.core.errors import Translate
from kohorte.dsl.assistance.colours import colours
from kohorte.dsl.assistance.completion import complete
from kohorte.dsl.assistance.findings import findings, fixes_between, layout
from kohorte.dsl.assistance.hover import hover
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.offers import Completion
from kohorte.dsl.rule_files.text import split
from kohorte.entrypoints.lsp import answers
from kohorte.entrypoints.lsp.examples import about_examples
from kohorte.entrypoints.lsp.positions import Positions

NAME: Final = "kohorte"
_PAUSE: Final = 0.15
"""Seconds without a change after which a text is looked at: while somebody types, other requests come first."""
_TRIGGERS: Final = [" ", ".", '"', "(", "$", "`"]


def _now() -> datetime:
    return datetime.now(UTC)


def serve(
    knowledge: Callable[[], Knowledge],
    translate: Translate,
    *,
    now: Callable[[], datetime] = _now,
    reading: BinaryIO | None = None,
    writing: BinaryIO | None = None,
) -> None:
    """Answer an editor over standard input and output until it says that it leaves, or is gone.

    ``knowledge`` is asked at each request, so that it may grow; ``now`` is the instant from which on findings hold.
    """
    # The server closes what it writes to; the standard output is not its own.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") if writing is None else writing as answers_to:
        language_server(knowledge, translate, now).start_io(reading, answers_to)


def language_server(
    knowledge: Callable[[], Knowledge], translate: Translate, now: Callable[[], datetime] = _now
) -> LanguageServer:
    """Return the server with all that it answers."""
    # Whole texts at each change: rules are short, and nobody can disagree about what stands in them.
    server = LanguageServer(NAME, version(NAME), text_document_sync_kind=types.TextDocumentSyncKind.Full)
    documents = _Documents(server, knowledge, translate, now)
    for method, (answer, options) in documents.answers().items():
        server.feature(method, options)(partial(answer))  # pygls writes on what it registers: methods take nothing
    return server


@define
class _Documents:
    """The rules that are open in an editor, by their addresses."""

    server: LanguageServer
    knowledge: Callable[[], Knowledge]
    translate: Translate
    now: Callable[[], datetime]
    _waiting: dict[str, TimerHandle] = field(factory=dict[str, TimerHandle], init=False)

    def answers(self) -> Mapping[str, tuple[Callable[[Any], object], object]]:
        """Return what is answered to each method of the protocol, with the options that are told to the editor."""
        legend = types.SemanticTokensLegend(token_types=[*answers.COLOURS], token_modifiers=[])
        return {
            types.TEXT_DOCUMENT_DID_OPEN: (self.opened, None),
            types.TEXT_DOCUMENT_DID_CHANGE: (self.changed, None),
            types.TEXT_DOCUMENT_DID_CLOSE: (self.closed, None),
            types.TEXT_DOCUMENT_COMPLETION: (
                self.completion,
                types.CompletionOptions(trigger_characters=_TRIGGERS),
            ),
            types.TEXT_DOCUMENT_HOVER: (self.hover, None),
            types.TEXT_DOCUMENT_CODE_ACTION: (
                self.fixes,
                types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
            ),
            types.TEXT_DOCUMENT_FORMATTING: (self.formatting, None),
            types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (self.colours, legend),
        }

    # -- what the editor tells --

    def opened(self, told: types.DidOpenTextDocumentParams) -> None:
        self._publish(told.text_document.uri)

    def changed(self, told: types.DidChangeTextDocumentParams) -> None:
        uri = told.text_document.uri
        self._stop_waiting(uri)
        self._waiting[uri] = get_running_loop().call_later(_PAUSE, self._publish, uri)

    def closed(self, told: types.DidCloseTextDocumentParams) -> None:
        self._stop_waiting(told.text_document.uri)
        found = types.PublishDiagnosticsParams(told.text_document.uri, [])
        self.server.text_document_publish_diagnostics(found)

    def _stop_waiting(self, uri: str) -> None:
        waiting = self._waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()

    def _publish(self, uri: str) -> None:
        self._stop_waiting(uri)
        positions, rule = self._file(uri)
        problems = [*findings(rule, self.knowledge(), self.now()), *about_examples(positions.text)]
        found = answers.diagnostics(problems, positions, self.translate)
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))

    # -- what it asks --

    def completion(self, asked: types.CompletionParams) -> types.CompletionList:
        positions, rule = self._file(asked.text_document.uri)
        at = positions.offset(asked.position)
        found = complete(rule, at, self.knowledge()) if at <= len(rule) else Completion(at, at)
        return answers.completion_list(found, positions, self.translate, snippets=self._takes_snippets())

    def hover(self, asked: types.HoverParams) -> types.Hover | None:
        positions, rule = self._file(asked.text_document.uri)
        found = hover(rule, positions.offset(asked.position), self.knowledge())
        return answers.markdown(found, positions, self.translate) if found else None

    def fixes(self, asked: types.CodeActionParams) -> list[types.CodeAction]:
        positions, rule = self._file(asked.text_document.uri)
        start, end = positions.offset(asked.range.start), positions.offset(asked.range.end)
        found = fixes_between(findings(rule, self.knowledge(), self.now()), start, end)
        return [*answers.code_actions(found, asked.text_document.uri, positions, self.translate)]

    def formatting(self, asked: types.DocumentFormattingParams) -> list[types.TextEdit]:
        positions, rule = self._file(asked.text_document.uri)
        edit = layout(rule)
        return [answers.text_edit(edit, positions)] if edit else []

    def colours(self, asked: types.SemanticTokensParams) -> types.SemanticTokens:
        positions, rule = self._file(asked.text_document.uri)
        return answers.semantic_tokens(colours(rule, self.knowledge().catalogue), positions)

    # -- what is known of the editor --

    def _file(self, uri: str) -> tuple[Positions, str]:
        """Return the text of an open file, empty where the editor never opened it, and the rule that it begins with."""
        documents = self.server.workspace.text_documents
        text = documents[uri].source if uri in documents else ""
        encoding = self.server.workspace.position_encoding or types.PositionEncodingKind.Utf16
        return Positions(text, encoding), split(text)[0]

    def _takes_snippets(self) -> bool:
        document = self.server.client_capabilities.text_document
        item = document.completion.completion_item if document and document.completion else None
        return bool(item and item.snippet_support)
