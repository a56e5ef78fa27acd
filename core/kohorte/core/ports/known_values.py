"""Values that occur in the data, for those who help writing rules; and whose values nobody is shown.

What says who somebody is (``is_personal``) is never told. Of everything else a value is told only when at least
``LEAST_SHARED`` contacts share it. Whoever answers the port keeps to both, and whoever asks it checks again.
"""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from attrs import frozen

from kohorte.core.fields import Field, Kind

LEAST_SHARED: Final = 5
"""Contacts that share a value, at the least, before anybody is shown it."""
MOST: Final = 50
"""Values in one answer."""

TOLD_KINDS: Final = frozenset({Kind.TEXT, Kind.CODE})
"""Kinds of field whose values are worth telling; an enumeration's are declared."""
_PERSONAL: Final = frozenset({"key", "fax", "mobile", "mobil", "iban", "password", "token", "ssn", "passport"})
"""Words in the names of fields that tell who somebody is, also in those that tenants and embedders declare."""
_ENDS: Final = (
    *("name", "mail", "phone", "telephone", "street", "address"),
    *("telefon", "handy", "straße", "strasse", "anschrift", "adresse"),
)
"""How such words end: username, voicemail, smartphone, Vorname, Lieferanschrift."""
_BEGINS: Final = (
    *("phone", "telephone", "mobilephone", "telefon", "handy", "mobilnummer", "mobilfunk"),
    *("email", "street"),
)
"""How they begin: phonenumber, Telefonnummer, emailaddress."""
_IMPERSONAL: Final = frozenset({"email_domain", "product_name"})
"""Names that contain such a word and mean many people at once."""
_WORD: Final = re.compile(r"[^\W\d_A-Z]+|[A-Z][^\W\d_A-Z]*")


@frozen
class KnownValue:
    """A value as it is stored, and how many contacts share it."""

    value: str
    count: int


class KnownValues(Protocol):
    """What the data knows."""

    def values(self, owner: str, field: str, prefix: str = "") -> Sequence[KnownValue]:
        """Return values of a field of an owner or a collection that begin with ``prefix``, the commonest first.

        At most ``MOST``, each shared by at least ``LEAST_SHARED`` contacts; none of a field whose values are not told
        (``are_told``), or that nobody knows. Case does not count where the field is text; of a code the spellings in
        small and in capital letters are tried. Raise ``StorageUnavailable`` where the answer would take too long.
        """
        ...


def are_told(field: Field) -> bool:
    """Say whether any values of a field may be shown: short texts and codes that say nothing of who somebody is."""
    return field.kind in TOLD_KINDS and not field.long and not field.legal and not is_personal(field.name)


def is_personal(name: str) -> bool:
    """Say whether a field of that name tells who somebody is: keys, names, addresses and numbers of people."""
    if name in _IMPERSONAL:
        return False
    words = {word.casefold() for word in _WORD.findall(name)} | {name.casefold().replace("_", "")}
    return not words.isdisjoint(_PERSONAL) or any(each.endswith(_ENDS) or each.startswith(_BEGINS) for each in words)
