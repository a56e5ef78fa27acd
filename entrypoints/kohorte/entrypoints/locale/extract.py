"""Collect every message that a person may read, and keep the catalogues of translations in step with the source.

``python -m kohorte.entrypoints.locale.extract`` updates and compiles them; new messages are left empty there for a
translator. Messages are found by where they stand: in errors and their hints, findings about rules and their fixes,
printed sentences, table headings, and the help of the command line.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from kohorte.core.imports.model import ImportStatus
from kohorte.core.jobs.model import JobKind, JobStatus
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rendering import Part
from kohorte.core.segments.model import Cause, SegmentStatus, SegmentType
from kohorte.dsl.syntax.expectations import CATEGORIES
from kohorte.entrypoints.cli.imports import HELP, MORE_HELP
from kohorte.entrypoints.cli.kinds import ONE
from kohorte.entrypoints.http.problems import SAID

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[3]
PARTS: Final = ("core", "dsl", "adapters", "entrypoints")
SAYING: Final = frozenset({"say", "remark", "language", "translate"})
"""Functions and methods whose first argument is shown to a person."""
FIXES: Final = frozenset({"Fix", "replacing", "bracketing"})
DESCRIPTIONS: Final = frozenset({"Description"})
"""What the help for editors says of fields, operators and words."""
CARRIERS: Final[Mapping[str, slice]] = {
    "Message": slice(1, 3),
    "Meaning": slice(0, 2),
    "DemoSegment": slice(1, 2),
    "__init__": slice(0, 1),  # an error's own message
    "_unknown": slice(1, 3),
    "_absent": slice(0, 1),
    "_refuse_twice": slice(1, 3),
    "_refuse_users": slice(2, 3),
    "_refuse_while_used": slice(2, 3),
    "refuse_while_read": slice(2, 3),
    "refuse_while_used": slice(2, 3),
    "_unusable": slice(2, 3),
    "_wrong": slice(0, 1),
}
"""Which arguments of what else passes messages on are shown to a person."""
COMPOSED: Final = (
    *("Write {fix1}", "Write {fix2}", "Write {fix3}"),
    *(word for kind in RecordKind for word in (kind.value, ONE[kind])),
    *(status.value for status in ImportStatus),
    *(kind.value for kind in JobKind),
    *(status.value for status in JobStatus),
    *("members", "rows", "created", "updated", "rejected", "segments", "entered", "left"),  # what jobs count
    *(status.value for status in SegmentStatus),
    *(kind.value for kind in SegmentType),
    *(cause.value for cause in Cause),
    *(side.value for side in Side),
    *(part.value for part in Part),
    *(*HELP.values(), MORE_HELP),
    *(said for _, said in CATEGORIES),
    *SAID.values(),
    *("[OPTIONS]", "COMMAND [ARGS]...", "FILE", "[NAMES]...", "NAMES...", "[KEYS]...", "[RULE] [RULE]", "PATH..."),
)
"""Messages that stand nowhere as they are."""
CLICKS: Final = (
    *("Usage:", "Options", "Commands", "Show this message and exit.", "Show the version and exit."),
    *("default: {default}", "required", "Error: {message}", "Try '{command} {option}' for help."),
    *("Invalid value: {message}", "Invalid value for {param_hint}: {message}", "Missing command."),
    *("Missing argument", "Missing option", "Missing parameter", "No such option {name!r}."),
    *("No such command {name!r}.", "{value!r} is not a valid {number_type}.", "{value} is not in the range {range}."),
    *("{value!r} is not a valid UUID.", "Aborted!"),
)
"""Messages of the library behind the command line."""
CLICKS_PLURALS: Final = (
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)
"""Those among them that depend on a number."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the package: its path below the root, and its tree."""
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def messages() -> Mapping[str, list[tuple[str, int]]]:
    """Return every message and where it stands (path, line)."""
    modules = list(sources())
    errors = error_classes(tree for _, tree in modules)
    found: dict[str, list[tuple[str, int]]] = {message: [] for message in (*COMPOSED, *CLICKS)}
    for path, tree in modules:
        constants = _constants(tree)
        for node in ast.walk(tree):
            for message, line in _in_node(node, errors, constants):
                if message:
                    found.setdefault(message, []).append((path, line))
    return found


def error_classes(trees: Iterator[ast.Module]) -> frozenset[str]:
    """Return the names of all classes that derive from ``KohorteError``."""
    parents = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"KohorteError"}
    while grown := {name for name, bases in parents.items() if bases & known} - known:
        known |= grown
    return frozenset(known)


def _constants(tree: ast.Module) -> Mapping[str, ast.expr]:
    """Return the texts that a module names, since several messages may end alike."""
    return {
        each.target.id: each.value
        for each in tree.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and isinstance(each.value, ast.Constant)
    }


def _in_node(node: ast.AST, errors: frozenset[str], constants: Mapping[str, ast.expr]) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.Call):
        for message in _in_call(node, errors):
            yield from _texts(constants.get(message.id, message) if isinstance(message, ast.Name) else message)
    elif isinstance(node, ast.FunctionDef) and any(_makes_command(each) for each in node.decorator_list):
        for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
            yield " ".join(paragraph.split()), node.lineno


def _in_call(call: ast.Call, errors: frozenset[str]) -> list[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    shown: list[ast.expr] = []
    is_error = name in errors or name == "__init__"  # an error that makes its own message
    if is_error or name in SAYING or name in FIXES or name in DESCRIPTIONS:
        shown += call.args[:1]
    shown += call.args[CARRIERS.get(name, slice(0))]
    if name == "table":
        shown += [each for tuple_ in call.args[:1] if isinstance(tuple_, ast.Tuple) for each in tuple_.elts]
    if name == "examples":
        shown += [pair.elts[1] for pair in call.args if isinstance(pair, ast.Tuple)]
    if is_error or name in CARRIERS or name in {"option", "argument", "rule_text"}:
        shown += [keyword.value for keyword in call.keywords if keyword.arg in {"hint", "template", "help", "metavar"}]
    return shown


def _texts(node: ast.expr) -> Iterator[tuple[str, int]]:
    """Yield a literal text, or both of a choice between two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, node.lineno
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _makes_command(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in {"command", "group"}


def catalogue_path(language: str) -> Path:
    """Return where a language's translations stand."""
    return HERE / language / "LC_MESSAGES" / "kohorte.po"


def read_catalogue(language: str) -> Catalog:
    """Return a language's translations."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as stored:
        return read_po(stored, locale=language)


def updated(language: str) -> Catalog:
    """Return a language's catalogue with exactly the messages of the source; what is gone is dropped."""
    before = read_catalogue(language)
    after = Catalog(
        locale=language,
        header_comment="# Translations of Kohorte: every message that the command line may show.",
        revision_date=before.revision_date,
        creation_date=before.creation_date,
    )
    for message in sorted(messages()):
        known = before.get(message)
        after.add(message, known.string if known else "")
    for pair in CLICKS_PLURALS:
        known = before.get(pair[0])
        after.add(pair, known.string if known else ("", ""))
    return after


def main() -> None:
    """Update and compile every catalogue."""
    for folder in sorted(HERE.iterdir()):
        if (folder / "LC_MESSAGES").is_dir():
            catalogue = updated(folder.name)
            path = catalogue_path(folder.name)
            with path.open("wb") as po:
                write_po(po, catalogue, width=120, omit_header=False)
            with path.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, catalogue)


if __name__ == "__main__":
    main()
