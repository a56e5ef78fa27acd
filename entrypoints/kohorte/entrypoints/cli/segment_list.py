"""``kohorte segment list``: segments, filtered and sorted."""

import click
from attrs import evolve

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.paging import MOST, Page, Place
from kohorte.core.segments.listing import IN_USE, ListSegments, SegmentSort, SegmentSummary
from kohorte.core.segments.model import SegmentStatus, SegmentType
from kohorte.core.segments.queries import each_segment, page_segments
from kohorte.entrypoints.cli.commands import TranslatedCommand, examples, option
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.segments import segment_view


@examples(
    ("kohorte segment list --archived", "those taken out of use, too"),
    ("kohorte segment list --tag wholesale --search france", "those with a tag and a text"),
    ("kohorte segment list --sort members --descending --limit 10", "the ten greatest"),
)
@click.command("list", cls=TranslatedCommand)
@option("--archived", is_flag=True, help="Include archived segments.")
@option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([each.value for each in SegmentStatus]),
    help="Only those of a status; can be given again.",
)
@option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice([each.value for each in SegmentType]),
    help="Only those of a type; can be given again.",
)
@option("--tag", "tags", multiple=True, metavar="TAG", help="Only those with a tag; given again, with all of them.")
@option("--search", default="", metavar="TEXT", help="Only those with a text in the name, the description or a tag.")
@option(
    "--sort",
    type=click.Choice([each.value for each in SegmentSort]),
    default=SegmentSort.NAME.value,
    show_default=True,
    help="What to sort by.",
)
@option("--descending", is_flag=True, help="The greatest or latest first.")
@option("--limit", type=click.IntRange(1, MOST), help="How many to show; without it all.")
@option("--after", metavar="PLACE", help="Go on behind this place, with the same sorting.")
@common(reading=True)
def list_all(
    session: Session,
    statuses: tuple[str, ...],
    types: tuple[str, ...],
    tags: tuple[str, ...],
    search: str,
    sort: str,
    limit: int | None,
    after: str | None,
    *,
    archived: bool,
    descending: bool,
) -> None:
    """List segments with their number of members, and with what went wrong where one could not be calculated.

    A stale one has members that must be calculated yet: it is new, means something else than before, or has failed.
    """
    query = ListSegments(
        statuses=_statuses(statuses, archived=archived),
        types=map(SegmentType, types) if types else SegmentType,
        tags=tags,
        text=search,
        sort=SegmentSort(sort),
        descending=descending,
        after=None if after is None else Place.of(after),
    )
    page = session.read(lambda ports: _page(ports, query, limit))
    found = page.rows
    session.output.show(
        [segment_view(each) for each in found],
        lambda: session.output.table(
            ("segment", "type", "members", "calculated", "status", "stale", "failed", "tried again"),
            [
                (
                    each.name,
                    session.language(each.type.value),
                    each.member_count,
                    each.calculated_at,
                    session.language(each.status.value),
                    each.stale,
                    each.failure and each.failure.error.text(session.language),
                    each.failure and each.failure.retry_at,
                )
                for each in found
            ],
            sparse=("stale", "failed", "tried again"),
        ),
    )
    if page.after is not None:
        session.output.remark("Go on with: --after {id}", id=page.after)


def _statuses(chosen: tuple[str, ...], *, archived: bool) -> tuple[SegmentStatus, ...]:
    if chosen and archived:
        raise InvalidInput("Give statuses or --archived, not both.", hint="Name each status that you want.")
    if chosen:
        return tuple(map(SegmentStatus, chosen))
    return tuple(SegmentStatus) if archived else IN_USE


def _page(ports: Ports, query: ListSegments, limit: int | None) -> Page[SegmentSummary]:
    return Page(list(each_segment(ports, query))) if limit is None else page_segments(ports, evolve(query, limit=limit))
