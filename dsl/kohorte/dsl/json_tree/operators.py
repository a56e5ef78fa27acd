"""The operators of the visual builder and the JSON interface, and the nodes of the syntax tree that they stand for."""

from typing import Final

from attrs import frozen

from kohorte.dsl.syntax.ast import Comparator, Match, Relation, Times

COMPARISONS: Final = {
    "equals": Comparator.EQUAL,
    "not_equals": Comparator.UNEQUAL,
    "less_than": Comparator.LESS,
    "less_or_equal": Comparator.LESS_OR_EQUAL,
    "greater_than": Comparator.GREATER,
    "greater_or_equal": Comparator.GREATER_OR_EQUAL,
}
BETWEEN: Final = {"between": False, "not_between": True}
MEMBERSHIP: Final = {"in": False, "not_in": True}
STORED_LISTS: Final = {"in_list": False, "not_in_list": True}
TAGS: Final = {"contains_any": False, "contains_all": True}
PRESENCE: Final = {"is_set": True, "is_empty": False}
RELATIONS: Final = {relation.value.replace(" ", "_"): relation for relation in Relation}
ROLLING: Final = {
    "in_last": (False, False),
    "in_next": (True, False),
    "not_in_last": (False, True),
    "not_in_next": (True, True),
}
"""Whether the period lies ahead, and whether the test is negated."""
CALENDAR: Final = {"in_period": False, "not_in_period": True}
AGO: Final = {"more_than_ago": True, "less_than_ago": False}
SEGMENTS: Final = {"in_segment": False, "not_in_segment": True}
SAMPLES: Final = {"in_sample": False, "not_in_sample": True}
ROWS: Final = {"any": False, "none": True}
EVENTS: Final = {"did": False, "did_not": True}
TIMES: Final = {times.value.replace(" ", "_"): times for times in Times}


@frozen
class Search:
    """A way to look for text."""

    match: Match
    negated: bool = False
    regex: bool = False


_SEARCHES: Final = {
    "contains": Search(Match.CONTAINS),
    "starts_with": Search(Match.STARTS),
    "ends_with": Search(Match.ENDS),
    "matches": Search(Match.GLOB),
    "matches_regex": Search(Match.GLOB, regex=True),
}
SEARCHES: Final = _SEARCHES | {
    f"not_{operator}": Search(search.match, negated=True, regex=search.regex) for operator, search in _SEARCHES.items()
}
