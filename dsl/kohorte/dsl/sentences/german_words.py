"""German words for Kohorte's own catalogue, and for messages that campaigns sent."""

from typing import Final

from kohorte.dsl.sentences.vocabulary import FieldWords, Gender, Noun, RowWords, Words

_DATIVE_ARTICLES: Final = {Gender.MASCULINE: "dem", Gender.FEMININE: "der", Gender.NEUTER: "dem"}


def _noun(gender: str, singular: str, plural: str = "", *, genitive: str = "", dative: str = "") -> Noun:
    return Noun(singular, plural or singular, Gender(gender), genitive or singular, dative or singular)


def _named(gender: str, singular: str, plural: str = "", *, dative: str = "", attribute: str = "") -> FieldWords:
    noun = _noun(gender, singular, plural, dative=dative)
    return FieldWords(noun, attribute=attribute or f"mit {_DATIVE_ARTICLES[noun.gender]} {noun.dative} {{}}")


_KEY: Final = _named("m", "Schlüssel")
_CURRENCY: Final = _named("f", "Währung", "Währungen")
_CATEGORY: Final = _named("f", "Kategorie", "Kategorien")
_COUNTRY: Final = _named("n", "Land", "Länder")
_CITY: Final = _named("f", "Stadt", "Städte")
_NAME: Final = _named("m", "Name", "Namen", dative="Namen")
_AMOUNT: Final = FieldWords(_noun("m", "Betrag", "Beträge"))
_PURCHASE_TIME: Final = FieldWords(_noun("m", "Kaufzeitpunkt", "Kaufzeitpunkte"))

GERMAN_WORDS: Final = Words(
    subject=_noun("m", "Kontakt", "Kontakte", genitive="Kontakts"),
    owners={"customer": _noun("m", "Kunde", "Kunden", genitive="Kunden", dative="Kunden")},
    fields={
        "contact.key": _KEY,
        "contact.email": _named("f", "E-Mail-Adresse", "E-Mail-Adressen"),
        "contact.email_domain": _named("f", "E-Mail-Domain", "E-Mail-Domains"),
        "contact.first_name": _named("m", "Vorname", "Vornamen", dative="Vornamen"),
        "contact.last_name": _named("m", "Nachname", "Nachnamen", dative="Nachnamen"),
        "contact.name": _NAME,
        "contact.phone": _named("f", "Telefonnummer", "Telefonnummern"),
        "contact.language": _named("f", "Sprache", "Sprachen"),
        "contact.time_zone": _named("f", "Zeitzone", "Zeitzonen"),
        "contact.street": _named("f", "Straße", "Straßen"),
        "contact.postal_code": _named("f", "Postleitzahl", "Postleitzahlen"),
        "contact.city": _CITY,
        "contact.country": _COUNTRY,
        "contact.birthday": FieldWords(
            _noun("n", "Geburtsdatum", "Geburtsdaten"), _noun("m", "Geburtstag", "Geburtstage")
        ),
        "contact.created_at": FieldWords(_noun("m", "Anlagezeitpunkt", "Anlagezeitpunkte"), happened="angelegt"),
        "customer.key": _KEY,
        "customer.name": _NAME,
        "customer.category": _CATEGORY,
        "customer.industry": _named("f", "Branche", "Branchen"),
        "customer.website": _named("f", "Website", "Websites"),
        "customer.country": _COUNTRY,
        "customer.city": _CITY,
        "purchases.key": _KEY,
        "purchases.at": _PURCHASE_TIME,
        "purchases.amount": _AMOUNT,
        "purchases.currency": _CURRENCY,
        "purchases.status": _named("m", "Status"),
        "items.key": _KEY,
        "items.at": _PURCHASE_TIME,
        "items.product_code": _named("m", "Produktcode", "Produktcodes"),
        "items.product_name": _named("m", "Produktname", "Produktnamen", dative="Produktnamen"),
        "items.category": _CATEGORY,
        "items.quantity": FieldWords(_noun("f", "Menge", "Mengen")),
        "items.amount": _AMOUNT,
        "items.currency": _CURRENCY,
        "activities.key": _KEY,
        "activities.kind": _named("f", "Art", "Arten", attribute="der Art {}"),
        "activities.at": FieldWords(_noun("m", "Zeitpunkt", "Zeitpunkte")),
        "activities.subject": _named("m", "Betreff", "Betreffe"),
        "activities.outcome": _named("n", "Ergebnis", "Ergebnisse"),
        "messages.campaign": _named("f", "Kampagne", "Kampagnen", attribute="aus der Kampagne {}"),
        "messages.sent_at": FieldWords(_noun("m", "Versandzeitpunkt", "Versandzeitpunkte")),
        "messages.opened_at": FieldWords(_noun("m", "Öffnungszeitpunkt", "Öffnungszeitpunkte")),
        "messages.clicked_at": FieldWords(_noun("m", "Klickzeitpunkt", "Klickzeitpunkte")),
    },
    rows={
        "purchases": RowWords(_noun("m", "Kauf", "Käufe", genitive="Kaufs"), "getätigt"),
        "items": RowWords(_noun("f", "Position", "Positionen"), "gekauft"),
        "activities": RowWords(_noun("f", "Aktivität", "Aktivitäten")),
        "messages": RowWords(_noun("f", "Nachricht", "Nachrichten"), "erhalten"),
    },
    done={"messages.opened_at": "geöffnet", "messages.clicked_at": "angeklickt"},
)
