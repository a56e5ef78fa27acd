"""Tables, the same on SQLite and PostgreSQL.

Conventions, for everybody who writes statements over them:

- Every row belongs to a tenant: every primary key and unique constraint begins with ``tenant_id``, and every statement
  equates it. Tables about contacts (``CONTACT_TABLES``) have ``contact_id`` in their key, so that they can be
  distributed by it; joins between them equate ``tenant_id`` and ``contact_id``. They have no foreign keys and no unique
  constraint without ``contact_id``: whether an external key is taken is known by ``external_keys``.
- ``contacts`` is the universe: an erased contact, or one merged into another, has no row there. Rows about it that
  stay elsewhere count nowhere, because everything starts from ``contacts``.
- Built-in fields have the catalogue's names; an identifier is named after its record (``purchase_id``). A text field
  has a shadow ``<name>_folded`` (``values.fold``), a date ``<name>_month_day``; an amount lies in smallest units of
  ``currency``. ``contacts.name`` and ``contacts.email_domain`` are derived and stored; the domain is folded as it
  stands and needs no shadow. An item copies its purchase's ``contact_id``, ``at`` and ``currency``.
- ``contacts.lot`` is made by the database: who takes contacts in its order draws them at random.
- ``custom`` is a JSON object of the custom fields in stored form (``stored_form``): ``Field.stored_name`` → value,
  ``name~`` folded, ``name$`` currency, ``name#`` month * 100 + day; what is missing has no key. Without any: ``{}``.
- ``version`` is the optimistic lock; whoever changes a row raises it by one. New rows have 1.

``secondary_indexes`` are those that only make reading faster: bulk imports may drop and recreate them.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.schema import SchemaItem

from kohorte.adapters.storage.columns import blob, code, day, document, identifier, lot, number, tenant, text, truth
from kohorte.core.ports.records import RecordKind

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _table(name: str, *parts: SchemaItem, in_key: bool = False) -> Table:
    """Declare a table; ``in_key`` rows lie in the primary key's own tree on SQLite (short rows read by their key)."""
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=not in_key)


def _boolean(name: str) -> CheckConstraint:
    return CheckConstraint(sql(f"{name} IN (0, 1)"), name=name).ddl_if(dialect="sqlite")


def _index(table: Table, *columns: str, suffix: str = "") -> Index:
    return Index(f"ix_{table.name}_{suffix or '_'.join(columns)}", table.c.tenant_id, *(table.c[c] for c in columns))


# -- the installation and its tenants ----------------------------------------------------------------------------

installation = _table(
    "installation",
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: the table has one row
    Column("schema_version", Integer, nullable=False),
    code("unicode_version", nullable=False),  # the tables behind the folded columns
    CheckConstraint(sql("id = 1"), name="one_row"),
)

tenants = _table(
    "tenants",
    tenant(),
    code("name", nullable=False),
    code("zone", nullable=False),
    code("currency", nullable=False),
    code("language", nullable=False),
    number("created_at", nullable=False),
    UniqueConstraint("name"),
)

# -- customers, contacts, and what is known about them -----------------------------------------------------------

customers = _table(
    "customers",
    tenant(),
    identifier("customer_id", key=True),
    code("key", nullable=False),
    *text("name"),
    *text("category"),
    *text("industry"),
    *text("website"),
    code("country"),
    *text("city"),
    document("custom"),
    number("version", nullable=False),
)
_index(customers, "name_folded", "customer_id", suffix="name_folded")
_index(customers, "category_folded")

contacts = _table(
    "contacts",
    tenant(),
    identifier("contact_id", key=True),
    code("key", nullable=False),
    identifier("customer_id", nullable=True),
    number("created_at", nullable=False),
    *text("email"),
    code("email_domain"),
    *text("first_name"),
    *text("last_name"),
    *text("name"),
    *text("phone"),
    code("language"),
    code("time_zone"),
    *text("street"),
    *text("postal_code"),
    *text("city"),
    code("country"),
    *day("birthday"),
    document("custom"),
    number("version", nullable=False),
    lot("lot", "contact_id"),
)
for _column in ("city_folded", "country", "birthday_month_day", "created_at"):
    _index(contacts, _column)
# Lists go through these page by page.
_index(contacts, "email_folded", "contact_id", suffix="email_folded")
_index(contacts, "last_name_folded", "contact_id", suffix="last_name_folded")
_index(contacts, "customer_id", "key", suffix="customer_id")
# And estimates in the order of their lots.
_index(contacts, "lot", "contact_id", suffix="lot")

purchases = _table(
    "purchases",
    tenant(),
    identifier("contact_id", key=True),
    identifier("purchase_id", key=True),
    code("key", nullable=False),
    number("at", nullable=False),
    number("amount"),
    code("currency", nullable=False),
    code("status"),
    document("custom"),
    number("version", nullable=False),
    in_key=True,
)
# Windows, counts, sums and extremes read this index alone.
_index(purchases, "contact_id", "at", "currency", "amount", suffix="contact_at")
_index(purchases, "purchase_id")  # a single one, by its id

items = _table(
    "items",
    tenant(),
    identifier("contact_id", key=True),
    identifier("purchase_id", key=True),
    identifier("item_id", key=True),
    code("key", nullable=False),
    number("at", nullable=False),
    code("product_code"),
    *text("product_name"),
    *text("category"),
    number("quantity"),
    number("amount"),
    code("currency", nullable=False),
    document("custom"),
    in_key=True,
)
_index(items, "contact_id", "at", suffix="contact_at")
_index(items, "product_code", "contact_id", "at", suffix="product_contact_at")

activities = _table(
    "activities",
    tenant(),
    identifier("contact_id", key=True),
    identifier("activity_id", key=True),
    code("key", nullable=False),
    code("kind", nullable=False),
    number("at", nullable=False),
    *text("subject"),
    *text("outcome"),
    document("custom"),
    number("version", nullable=False),
    in_key=True,
)
_index(activities, "contact_id", "at", "kind", suffix="contact_at")
_index(activities, "activity_id")  # as above

# Where the record of an external key is. ``kind`` is a ``RecordKind`` value; ``contact_id`` is set for all kinds but
# customers (a contact's is its own ``id``), ``purchase_id`` for items: together they give the record's primary key.
external_keys = _table(
    "external_keys",
    tenant(),
    code("kind", key=True),
    code("key", key=True),
    identifier("id"),
    identifier("contact_id", nullable=True),
    identifier("purchase_id", nullable=True),
    in_key=True,
)

# Rows that name a parent which does not exist yet, in ``columns`` as the record writer keeps them. ``problem`` says why
# a row could not join although its parent is there.
waiting_rows = _table(
    "waiting_rows",
    tenant(),
    code("kind", key=True),
    code("key", key=True),
    code("parent_kind", nullable=False),
    code("parent_key", nullable=False),
    document("columns"),
    code("problem", nullable=False),
)
_index(waiting_rows, "parent_kind", "parent_key", suffix="parent")

# -- segments ----------------------------------------------------------------------------------------------------

segments = _table(
    "segments",
    tenant(),
    identifier("segment_id", key=True),
    *text("name", nullable=False),
    *text("description"),
    code("type", nullable=False),
    code("status", nullable=False),
    number("rule_version", nullable=False),
    number("created_at", nullable=False),
    code("created_by", nullable=False),
    number("changed_at", nullable=False),
    code("changed_by", nullable=False),
    *text("tags"),  # each in a line of its own, with line breaks around all
    document("examples"),
    number("member_count"),
    number("calculated_at"),
    number("moved_at"),
    number("last_change", nullable=False),  # of its members
    truth("stale"),  # all of its members must be calculated
    document("failure"),  # why that could not be done; {} where it could
    number("retry_at"),  # when it is tried again
    number("every"),  # so often all members are calculated, in microseconds; NULL: only when something has changed
    number("due_until"),  # so far ahead bounds are kept (``segment_due``); NULL: not yet
    number("version", nullable=False),
)
# An archived segment leaves its name to others.
Index(
    "uq_segments_name_in_use",
    segments.c.tenant_id,
    segments.c.name,
    unique=True,
    sqlite_where=segments.c.status != "archived",
    postgresql_where=segments.c.status != "archived",
)

segment_rules = _table(
    "segment_rules",
    tenant(),
    identifier("segment_id", key=True),
    number("rule_version", key=True),
    code("text", nullable=False),
    document("tree"),
    document("nodes"),  # ids of the nodes of its tree, in the order of the text
    document("segments"),  # ids of the segments it refers to
    document("lists"),  # ids of the stored lists it reads
    document("fields"),
    document("custom_fields"),  # ids of those fields that are the tenant's own, by their names
    number("created_at", nullable=False),
    code("author", nullable=False),
    code("note"),
    code("leave_text"),  # of the rule by which members leave
    document("leave_tree"),
    number("minimum_stay_days", nullable=False),
    ForeignKeyConstraint(["tenant_id", "segment_id"], ["segments.tenant_id", "segments.segment_id"]),
)

# Stays in segments: [entered_at, left_at), open while ``left_at`` is NULL. Changes of a segment's members are numbered
# in the order in which they were written, each made of all that one calculation found.
segment_members = _table(
    "segment_members",
    tenant(),
    identifier("segment_id", key=True),
    identifier("contact_id", key=True),
    number("entered_change", key=True),
    number("entered_at", nullable=False),
    code("cause", nullable=False),
    code("added_by", nullable=False),
    number("rule_version", nullable=False),
    number("left_change"),
    number("left_at"),
    code("left_cause"),
    code("removed_by"),
    CheckConstraint(sql("left_at >= entered_at"), name="leaving_after_entering"),
    CheckConstraint(sql("left_change > entered_change"), name="left_change_after_entered_change"),
    in_key=True,
)
# A contact is in a segment once at a time; and the way from a contact to its segments.
Index(
    "uq_segment_members_open",
    segment_members.c.tenant_id,
    segment_members.c.contact_id,
    segment_members.c.segment_id,
    unique=True,
    sqlite_where=segment_members.c.left_at.is_(None),
    postgresql_where=segment_members.c.left_at.is_(None),
)

# Who entered and who left by a change of that number.
_index(segment_members, "segment_id", "entered_change", "contact_id", suffix="entered")
Index(
    "ix_segment_members_left",
    *(segment_members.c[name] for name in ("tenant_id", "segment_id", "left_change", "contact_id")),
    sqlite_where=segment_members.c.left_change.is_not(None),
    postgresql_where=segment_members.c.left_change.is_not(None),
)

# Contacts that were put into a segment, or are kept out of it, by hand.
segment_pins = _table(
    "segment_pins",
    tenant(),
    identifier("segment_id", key=True),
    identifier("contact_id", key=True),
    code("side", nullable=False),
    code("added_by", nullable=False),
    number("added_at", nullable=False),
    ForeignKeyConstraint(["tenant_id", "segment_id"], ["segments.tenant_id", "segments.segment_id"]),
    in_key=True,
)

# When time alone may next change whether a contact belongs to a segment (``due``), member or not.
segment_due = _table(
    "segment_due",
    tenant(),
    identifier("segment_id", key=True),
    identifier("contact_id", key=True),
    number("due_at", nullable=False),
    in_key=True,
)
# Who is due next, and who is due by now.
_index(segment_due, "segment_id", "due_at", "contact_id", suffix="due_at")

# What has changed since members were brought up to date: a contact, a list, or a segment that very many entered or
# left; a row with none of them stands for everybody.
contact_changes = _table(
    "contact_changes",
    tenant(),
    identifier("change_id", key=True),
    identifier("contact_id", nullable=True),
    identifier("list_id", nullable=True),
    identifier("segment_id", nullable=True),
    in_key=True,
)

# -- definitions -------------------------------------------------------------------------------------------------

# ``stored_as`` is the name of a field's values in ``custom``. A removed field stays until no row has values of it.
custom_fields = _table(
    "custom_fields",
    tenant(),
    identifier("field_id", key=True),
    code("owner", nullable=False),
    code("name", nullable=False),
    code("kind", nullable=False),
    number("scale", nullable=False),
    document("choices"),
    truth("long"),
    truth("indexed"),
    number("created_at", nullable=False),
    code("stored_as", nullable=False),
    code("description"),
    number("removed_at"),
    UniqueConstraint("tenant_id", "owner", "stored_as"),
    _boolean("long"),
    _boolean("indexed"),
)
Index(
    "uq_custom_fields_name",
    *(custom_fields.c[name] for name in ("tenant_id", "owner", "name")),
    unique=True,
    sqlite_where=custom_fields.c.removed_at.is_(None),
    postgresql_where=custom_fields.c.removed_at.is_(None),
)

lists = _table(
    "lists",
    tenant(),
    identifier("list_id", key=True),
    code("name", nullable=False),
    number("size", nullable=False),
    number("created_at", nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

list_entries = _table(
    "list_entries",
    tenant(),
    identifier("list_id", key=True),
    code("entry", key=True),
    code("entry_folded", nullable=False),
    ForeignKeyConstraint(["tenant_id", "list_id"], ["lists.tenant_id", "lists.list_id"]),
    in_key=True,
)
_index(list_entries, "list_id", "entry_folded", suffix="folded")

export_templates = _table(
    "export_templates",
    tenant(),
    identifier("template_id", key=True),
    code("name", nullable=False),
    document("parts"),
    code("media_type", nullable=False),
    code("extension", nullable=False),
    number("created_at", nullable=False),
    code("created_by", nullable=False),
    number("changed_at", nullable=False),
    code("changed_by", nullable=False),
    number("version", nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

# -- access ------------------------------------------------------------------------------------------------------

# ``hash`` is all that is kept of a key's secret.
api_keys = _table(
    "api_keys",
    tenant(),
    identifier("key_id", key=True),
    code("name", nullable=False),
    document("roles"),
    code("hash", nullable=False),
    number("created_at", nullable=False),
    code("created_by", nullable=False),
    number("expires_at"),
    number("revoked_at"),
    number("last_used_on"),
)
# A revoked key leaves its name to others.
Index(
    "uq_api_keys_name_in_use",
    api_keys.c.tenant_id,
    api_keys.c.name,
    unique=True,
    sqlite_where=api_keys.c.revoked_at.is_(None),
    postgresql_where=api_keys.c.revoked_at.is_(None),
)

# What was answered to requests that may come again.
answers = _table(
    "answers",
    tenant(),
    code("mark", key=True),
    code("fingerprint", nullable=False),
    number("status", nullable=False),
    document("headers"),
    code("body", nullable=False),
    number("answered_at", nullable=False),
)
_index(answers, "answered_at")

# -- work --------------------------------------------------------------------------------------------------------

import_runs = _table(
    "import_runs",
    tenant(),
    identifier("run_id", key=True),
    code("kind", nullable=False),
    code("source", nullable=False),
    number("started_at", nullable=False),
    number("updated_at", nullable=False),
    code("status", nullable=False),
    number("finished_at"),
    number("rows", nullable=False),
    number("created", nullable=False),
    number("updated", nullable=False),
    number("waiting", nullable=False),
    number("rejected", nullable=False),
    code("error", nullable=False),
)
_index(import_runs, "started_at")

jobs = _table(
    "jobs",
    tenant(),
    identifier("job_id", key=True),
    code("kind", nullable=False),
    code("mark"),  # ``unique`` of the port
    document("data"),
    number("due_at", nullable=False),
    number("attempts", nullable=False),
    code("error", nullable=False),
    number("free_at"),  # when it may be handed out: due, or its lease ended; NULL: given up
)
_index(jobs, "free_at")
Index(
    "uq_jobs_mark",
    jobs.c.tenant_id,
    jobs.c.kind,
    jobs.c.mark,
    unique=True,
    sqlite_where=jobs.c.free_at.is_not(None),
    postgresql_where=jobs.c.free_at.is_not(None),
)

# Jobs as people see them; what waits for a worker is in ``jobs`` as well.
job_runs = _table(
    "job_runs",
    tenant(),
    identifier("run_id", key=True),
    code("kind", nullable=False),
    document("parameters"),
    code("status", nullable=False),
    number("done", nullable=False),
    number("total"),
    document("result"),
    document("error"),  # {} where there is none
    number("created_at", nullable=False),
    code("created_by", nullable=False),
    number("started_at"),
    number("finished_at"),
    truth("cancel_asked"),
    _boolean("cancel_asked"),
)
_index(job_runs, "status")
_index(job_runs, "finished_at")

# Files that were sent or written, for a while.
files = _table(
    "files",
    tenant(),
    identifier("file_id", key=True),
    code("name", nullable=False),
    number("size"),  # NULL until all chunks are there
    number("expires_at", nullable=False),
)
_index(files, "expires_at")

file_chunks = _table(
    "file_chunks",
    tenant(),
    identifier("file_id", key=True),
    number("number", key=True),
    blob("bytes"),
    ForeignKeyConstraint(["tenant_id", "file_id"], ["files.tenant_id", "files.file_id"]),
)

# Events in the order of their commits (``events``).
outbox = _table(
    "outbox",
    tenant(),
    number("sequence", key=True),
    identifier("event_id"),
    code("type", nullable=False),
    identifier("about"),
    number("at", nullable=False),
    document("data"),
)

# How many events were recorded, and the number of the last that was forgotten.
event_counters = _table(
    "event_counters",
    tenant(),
    number("recorded", nullable=False),
    number("forgotten", nullable=False),
)

# -- what others ask about the schema ----------------------------------------------------------------------------

RECORD_TABLES: Final[dict[RecordKind, Table]] = {
    RecordKind.CUSTOMERS: customers,
    RecordKind.CONTACTS: contacts,
    RecordKind.PURCHASES: purchases,
    RecordKind.ITEMS: items,
    RecordKind.ACTIVITIES: activities,
}
CONTACT_TABLES: Final = (contacts, purchases, items, activities, segment_members, segment_pins, segment_due)


def tenant_tables() -> Sequence[Table]:
    """Return the tables whose rows only their tenant may see: all but the list of tenants and the installation."""
    return [table for table in metadata.sorted_tables if table not in (installation, tenants)]


def secondary_indexes(table: Table) -> Sequence[Index]:
    """Return the indexes that only make reading faster, by name."""
    return sorted((index for index in table.indexes if not index.unique), key=lambda index: str(index.name))
