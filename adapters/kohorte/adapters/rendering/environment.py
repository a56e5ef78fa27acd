"""Jinja's sandbox, made narrower: what holds a template that was let through to its values and its limits."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import frozen
from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kohorte.adapters.rendering.filters import FILTERS, text_of
from kohorte.adapters.rendering.limits import MOST_TEXT, Budget
from kohorte.core.ports.rendering import TemplateFailed, TemplateLimit

BUDGET: Final = "_budget"
"""Under this name a template's context has the budget; no template can say a name that begins so."""

_PASSES: Final = "_passes"
_JOINED: Final = "_joined"
_RECKONING: Final = frozenset({"+", "-", "*", "/", "//", "%"})


@frozen
class Values:
    """Fields of the contact, of their customer, or of the segment, by name."""

    of: Mapping[str, object]


class NarrowEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which nothing has attributes but fields and loops, and only numbers are reckoned with."""

    intercepted_binops = _RECKONING

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field, or what a loop tells of itself."""
        if isinstance(obj, Values) and attribute in obj.of:
            return obj.of[attribute]
        if isinstance(obj, LoopContext) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Undefined:
        """Return nothing: templates have no brackets."""
        return self.unsafe_undefined(obj, str(argument)[:80])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Reckon with two numbers; raise ``TemplateFailed`` for anything else."""
        for each in (left, right):
            if not isinstance(each, int | float | Decimal) or isinstance(each, bool):
                raise TemplateFailed(
                    "Only numbers are reckoned with ({operator}).",
                    hint="Texts are put together by ~, and a missing value has a filter: default(0).",
                    operator=operator,
                )
        return super().call_binop(context, operator, left, right)


@pass_context
def _written(context: Context, value: object) -> str:  # noqa: ARG001 - Jinja passes it
    """Return what a place writes; with the context, so that Jinja does not fill in places while it compiles."""
    return text_of(value)


@pass_context
def _passes(context: Context, value: object) -> Iterator[object]:
    """Yield a list's entries, and look at the clock before each."""
    if not isinstance(value, list | tuple):
        raise TemplateFailed("A loop goes through a list.", hint="Lists are tags, and what stands in brackets.")
    budget: Budget = context[BUDGET]
    for each in value:
        budget.look()
        yield each


def _texts_joined(values: Sequence[object]) -> str:
    """Return texts put together; raise ``TemplateLimit`` before they are too long."""
    texts = [text_of(each) for each in values]
    if sum(map(len, texts)) > MOST_TEXT:
        raise TemplateLimit("It makes a text of more than {most} characters.", hint="Make it shorter.", most=MOST_TEXT)
    return "".join(texts)


def narrow_environment(newline: str) -> NarrowEnvironment:
    """Return what compiles templates whose lines end so."""
    environment = NarrowEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence=newline,
        undefined=StrictUndefined,
        finalize=_written,
        optimized=False,
        autoescape=False,
        cache_size=0,
    )
    environment.globals.clear()
    environment.filters = {**FILTERS, _PASSES: _passes, _JOINED: _texts_joined}
    environment.tests = {"none": lambda value: value is None}
    return environment


# -- what is put into a template -------------------------------------------------------------------------------------


def limited(tree: nodes.Template) -> None:
    """Put into a tree what holds it to its limits: lists are gone through, and texts joined, by filters of ours."""
    for loop in [*tree.find_all(nodes.For)]:
        loop.iter = _filtered(loop.iter, _PASSES)
    _join_within(tree)


def _join_within(node: nodes.Node) -> None:
    for name, value in [*node.iter_fields()]:
        if isinstance(value, list):
            setattr(node, name, [_joined(each) for each in value])
        else:
            setattr(node, name, _joined(value))


def _joined(value: Any) -> Any:
    if not isinstance(value, nodes.Node):
        return value
    _join_within(value)
    if isinstance(value, nodes.Concat):
        return _filtered(nodes.List(value.nodes, lineno=value.lineno), _JOINED)
    return value


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
