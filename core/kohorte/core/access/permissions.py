"""What a caller may be allowed to do, and the roles that keys are given: one table."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from kohorte.core.errors import NotAllowed


class Permission(Enum):
    """One thing that a caller may do. Those that let a caller see people say so."""

    SEGMENTS_READ = "segments.read"  # definitions, rules, counts, performance; checks, previews and completion of rules
    SEGMENTS_WRITE = "segments.write"  # make, change, calculate, archive and delete them; put people in by hand
    MEMBERS_READ = "members.read"  # people: who is in a segment, exports, samples
    CONTACTS_READ = "contacts.read"  # people: contacts, customers, purchases, items, activities
    CONTACTS_WRITE = "contacts.write"  # save those
    IMPORTS_RUN = "imports.run"  # many of them from a file, and how imports went
    FIELDS_WRITE = "fields.write"  # change what is known of everybody
    LISTS_READ = "lists.read"  # people: the entries of stored lists may be addresses
    LISTS_WRITE = "lists.write"
    TEMPLATES_WRITE = "templates.write"  # formats of exports
    EVENTS_READ = "events.read"  # what happened; ids, and no personal data
    METRICS_READ = "metrics.read"  # how the installation is doing
    KEYS_ADMIN = "keys.admin"  # make, list and revoke keys


class Role(Enum):
    """What a key is for. A key may have several; it may then do what any of them allows."""

    READ = "read"  # dashboards and monitoring: definitions and figures, nobody's data
    MARKETING = "marketing"  # everything about segments, and the data that they are made of
    SALES = "sales"  # contacts and what they did; segments to read
    PRIVACY = "privacy"  # what is known of a person, to answer for it and to correct it
    ADMIN = "admin"  # everything, keys and fields among it


_READ: Final = frozenset({Permission.SEGMENTS_READ, Permission.EVENTS_READ})
_PEOPLE: Final = frozenset({Permission.MEMBERS_READ, Permission.CONTACTS_READ, Permission.LISTS_READ})

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.READ: _READ | {Permission.METRICS_READ},
    Role.MARKETING: _READ
    | _PEOPLE
    | {
        Permission.SEGMENTS_WRITE,
        Permission.CONTACTS_WRITE,
        Permission.IMPORTS_RUN,
        Permission.LISTS_WRITE,
        Permission.TEMPLATES_WRITE,
    },
    Role.SALES: _READ | _PEOPLE | {Permission.CONTACTS_WRITE},
    Role.PRIVACY: _READ | _PEOPLE | {Permission.CONTACTS_WRITE, Permission.LISTS_WRITE},
    Role.ADMIN: frozenset(Permission),
}
"""What each role allows."""


class MissingPermission(NotAllowed):
    """The caller is known, and may not do this; ``values["permission"]`` names what is missing."""

    code = "missing_permission"


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return all that any of the roles allows."""
    return frozenset[Permission]().union(*(PERMISSIONS[role] for role in roles))
