"""Fields of a rule's tree under other names: paths are followed to the owner or the rows that they speak of."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from kohorte.core.fields import Catalogue
from kohorte.dsl.json_tree.plain import names
from kohorte.dsl.json_tree.writer import names_path


def rename_fields(tree: object, renamed: Mapping[str, str], catalogue: Catalogue) -> object:
    """Return a tree in which fields have other names: ``{"contact.score": "points"}``, all of them at once.

    The catalogue says which names are owners, and over which rows a verb's filter goes.
    """
    return _Renaming(renamed, catalogue).node(tree, None)


@frozen
class _Renaming:
    """One renaming; ``rows`` is the collection over whose rows the filter goes in which a node stands."""

    renamed: Mapping[str, str]
    catalogue: Catalogue

    def node(self, value: Any, rows: str | None) -> Any:
        """Return a value, and all that is in it."""
        if isinstance(value, list):
            return [self.node(each, rows) for each in value]  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(value, dict):
            return value
        asked = self._asked(value, rows)  # pyright: ignore[reportUnknownArgumentType]
        return {key: self._part(str(key), each, rows, asked) for key, each in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    def _asked(self, node: Mapping[str, Any], rows: str | None) -> str | None:
        """Return the collection over whose rows the filters in a node go."""
        if "collection" in node:
            return names(node["collection"], "collection")[0]
        verb = self.catalogue.verbs.get(str(node.get("verb")))
        return rows if verb is None else verb.collection

    def _part(self, key: str, value: Any, rows: str | None, asked: str | None) -> Any:
        match key:
            case "field":
                return self._field(value, rows)
            case "latest":
                return self.renamed.get(f"{asked}.{value}", value)
            case "arguments":  # what follows the first one is a currency
                return [self._field(each, asked) for each in value[:1]] + value[1:]
            case "filters" | "where":
                return self.node(value, asked)
            case "comments":
                return value
            case _:
                return self.node(value, rows)

    def _field(self, value: Any, rows: str | None) -> Any:
        if not isinstance(value, str):
            return self.node(value, rows)
        *owner, name = names(value, "field")
        if owner and owner[0] not in self.catalogue.owners:  # purchases.count counts rows, whatever their fields
            return value
        full_name = ".".join([*(owner or [str(rows)]), name])
        return names_path((*owner, self.renamed.get(full_name, name)))
