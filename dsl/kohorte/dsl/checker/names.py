"""Names: what a path stands for, outside filters and inside, and what may have been meant where it is unknown."""

from collections.abc import Iterable
from typing import Final

from kohorte.core.fields import Collection, Field, Kind
from kohorte.dsl import typed
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.fixes import listed, spelled, unknown
from kohorte.dsl.checker.rows import FUNCTIONS, refuse_reserved, rows_of, where_of
from kohorte.dsl.checker.scope import TEXTS, Scope
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.phrases import literal

_SUMMED: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})


def path(node: ast.Path, scope: Scope, beside: Field | None) -> typed.Operand:
    """Return the field or the count that a path stands for; raise ``Refusal`` with what may be meant."""
    names = node.names
    if len(names) == 1:
        if scope.row is not None and (own := scope.row.fields.get(names[0])):
            return typed.FieldOf(scope.row.name, own)
        raise _about_single_name(node, scope, beside)
    if len(names) != 2:
        raise Refusal(messages.TOO_DEEP, node.span, name=scope.quote(node.span))
    owner, name = names
    if holder := scope.catalogue.owners.get(owner):
        if found := holder.fields.get(name):
            return typed.FieldOf(owner, found)
        raise _about_field(node, owner, holder.fields, scope)
    if scope.row is not None and owner == scope.row.name:
        raise _about_own_row(node, scope.row, scope)
    if owner in scope.catalogue.collections:
        return _of_collection(node, rows_of((owner,), node.span, scope), scope)
    raise _about_owner(node, scope, beside)


def _of_collection(node: ast.Path, collection: Collection, scope: Scope) -> typed.Operand:
    name = node.names[1]
    if name == "count":
        where = where_of(collection, (), (), node.span, scope)
        return typed.AggregateOf(collection, typed.Function.COUNT, where)
    if field := collection.fields.get(name):
        raise _about_field_of_rows(node, field, collection)
    if name in FUNCTIONS:
        raise Refusal(messages.FUNCTION_WITHOUT_FIELD, node.span, function=name, collection=collection.name)
    raise _about_name_of_rows(node, collection, scope)


# -- what may be meant -------------------------------------------------------------------------------------------


def _about_own_row(node: ast.Path, row: Collection, scope: Scope) -> Refusal:
    """Refuse ``purchases(purchases.amount > …)``."""
    name = node.names[1]
    if name in row.fields:
        return Refusal.writing(messages.OWN_ROW_NAMED, node.span, spelled(name), collection=row.name)
    return _about_field(node, row.name, row.fields, scope, bare=True)


def _about_field_of_rows(node: ast.Path, field: Field, collection: Collection) -> Refusal:
    message = messages.FIELD_OF_ROWS_SUMMED if field.kind in _SUMMED else messages.FIELD_OF_ROWS
    has_latest = collection.time is not None and field.kind is not Kind.TAGS
    meant = [f"last {spelled(collection.name, field.name)}"] if has_latest else []
    return Refusal.writing(message, node.span, *meant, field=field.name, collection=collection.name)


def _about_name_of_rows(node: ast.Path, collection: Collection, scope: Scope) -> Refusal:
    """Refuse ``purchases.cuont``, where what can be asked about rows is meant as likely as one of their fields."""
    name, at = node.names[1], scope.last_word_at(node.span, node.names[1])
    nearest, *_ = (*scope.near(name, [*FUNCTIONS, *collection.fields]), None)
    if nearest == "count":
        return unknown(name, ("count",), at, messages.UNKNOWN_FUNCTION, spelled)
    if nearest in FUNCTIONS:
        return Refusal(messages.MISSPELT_FUNCTION, at, name=name, function=nearest, collection=collection.name)
    return _about_field(node, collection.name, collection.fields, scope)


def _about_single_name(node: ast.Path, scope: Scope, beside: Field | None) -> Refusal:
    """Refuse a name that is no field of the row, or stands outside any filter."""
    name, catalogue = node.names[0], scope.catalogue
    holders = [owner.name for owner in catalogue.owners.values() if name in owner.fields]
    text = [literal(name)] if _may_be_text(name, beside) else []
    if holders:
        meant = [*(spelled(holder, name) for holder in holders), *text]
        if scope.row is not None:
            return Refusal.writing(messages.UNKNOWN_FIELD[0], node.span, *meant, name=name, owner=scope.row.name)
        return Refusal.writing(messages.BARE_NAME, node.span, *meant, name=name)
    if name in catalogue.owners:
        example = next(iter(catalogue.owners[name].fields), "key")
        return Refusal(messages.OWNER_ALONE, node.span, name=name, example=spelled(name, example))
    if name in catalogue.collections:
        return Refusal(messages.ROWS_ALONE, node.span, name=name)
    refuse_reserved(name, node.span, scope)
    if text:
        return Refusal.writing(messages.MEANT_AS_TEXT, node.span, *text, name=name)
    if scope.row is not None:
        return _about_unknown(node, scope.row.fields, (), scope.row.name, scope)
    for rows in catalogue.collections.values():
        if name in rows.fields:
            return _about_field_of_rows(node, rows.fields[name], rows)
    subject = catalogue.subject
    return _about_unknown(node, catalogue.owners[subject].fields, (subject,), subject, scope)


def _may_be_text(name: str, beside: Field | None) -> bool:
    return beside is not None and beside.kind in TEXTS and (not beside.choices or name in beside.choices)


def _about_field(node: ast.Path, owner: str, known: Iterable[str], scope: Scope, *, bare: bool = False) -> Refusal:
    name = node.names[-1]
    elsewhere = [each.name for each in scope.catalogue.owners.values() if name in each.fields and each.name != owner]
    if elsewhere:
        return Refusal.writing(
            messages.UNKNOWN_FIELD[0], node.span, *(spelled(each, name) for each in elsewhere), name=name, owner=owner
        )
    return _about_unknown(node, known, () if bare else (owner,), owner, scope)


def _about_unknown(node: ast.Path, known: Iterable[str], before: tuple[str, ...], owner: str, scope: Scope) -> Refusal:
    name, known = node.names[-1], list(known)
    return unknown(
        name,
        scope.near(name, known),
        node.span,
        messages.UNKNOWN_FIELD,
        lambda near: spelled(*before, near),
        owner=owner,
        known=listed(known),
    )


def _about_owner(node: ast.Path, scope: Scope, beside: Field | None) -> Refusal:
    owner, name = node.names
    refuse_reserved(owner, node.span, scope)
    catalogue = scope.catalogue
    near = [each for each in scope.near(owner, [*catalogue.owners, *catalogue.collections]) if _has(each, name, scope)]
    if near:
        return Refusal.writing(
            messages.UNKNOWN_OWNER[0], node.span, *(spelled(each, name) for each in near), name=owner
        )
    text = scope.quote(node.span)
    if _may_be_text(text, beside):
        return Refusal.writing(messages.MEANT_AS_TEXT, node.span, literal(text), name=text)
    known = listed([*catalogue.owners, *catalogue.collections])
    return Refusal(messages.UNKNOWN_OWNER[1], node.span, name=owner, known=known)


def _has(owner: str, name: str, scope: Scope) -> bool:
    """Tell whether ``owner.name`` can be asked about."""
    if holder := scope.catalogue.owners.get(owner):
        return name in holder.fields
    return name == "count"
