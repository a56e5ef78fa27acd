"""The operations of the API, by subject."""

from collections.abc import Sequence

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from kohorte.entrypoints.http.api import (
    activities,
    contacts,
    customers,
    events,
    explanations,
    export_templates,
    fields,
    imports,
    items,
    jobs,
    lists,
    purchases,
    rules,
    segment_export,
    segment_figures,
    segment_life,
    segment_members,
    segment_rules,
    segment_versions,
    segments,
)
from kohorte.entrypoints.http.described import answering_head, described


def routers() -> Sequence[Router]:
    """Return a router for each subject."""
    of_segments = (
        segments,
        segment_life,
        segment_members,
        segment_rules,
        segment_versions,
        segment_figures,
        segment_export,
        explanations,
    )
    return [
        _router("segments", *(route for each in of_segments for route in each.ROUTES)),
        _router("rules", *rules.ROUTES, *explanations.OF_RULES),
        _router("contacts", *contacts.ROUTES),
        _router("customers", *customers.ROUTES),
        _router("purchases", *purchases.ROUTES, *items.ROUTES),
        _router("activities", *activities.ROUTES),
        _router("imports", *imports.ROUTES),
        _router("jobs", *jobs.ROUTES),
        _router("fields", *fields.ROUTES),
        _router("export-templates", *export_templates.ROUTES),
        _router("lists", *lists.ROUTES),
        _router("events", *events.ROUTES),
    ]


def _router(subject: str, *routes: HTTPRouteHandler) -> Router:
    return Router(f"/{subject}", route_handlers=[*answering_head(map(described, routes))], tags=[subject])
