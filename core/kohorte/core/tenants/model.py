"""A tenant: one organisation's data, apart from every other's."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.errors import InvalidValue
from kohorte.core.values import clean_code, parse_currency, parse_zone

LANGUAGES = ("en", "de")


@frozen
class Tenant:
    """An organisation, with the zone, currency and language that apply where its data names none."""

    id: UUID
    name: str
    zone: str
    currency: str
    language: str
    created_at: datetime

    @property
    def zone_info(self) -> ZoneInfo:
        """Return the zone as an object."""
        return ZoneInfo(self.zone)


def new_tenant(id: UUID, name: str, zone: str, currency: str, language: str, created_at: datetime) -> Tenant:
    """Return a tenant from what a user typed; raise ``InvalidValue`` for a bad name, zone, currency or language."""
    cleaned = clean_code(name, limit=60)
    if cleaned is None:
        raise InvalidValue("A tenant needs a name.", hint="Give it one, such as default.")
    if language not in LANGUAGES:
        raise InvalidValue(
            '"{language}" is not a language of Kohorte.',
            hint="Choose one of: {known}.",
            language=language[:20],
            known=", ".join(LANGUAGES),
        )
    return Tenant(id, cleaned, parse_zone(zone).key, parse_currency(currency), language, created_at)
