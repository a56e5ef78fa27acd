"""English words for Kohorte's own catalogue, and for messages that campaigns sent."""

from typing import Final

from kohorte.dsl.sentences.vocabulary import FieldWords, Noun, RowWords, Words


def _named(singular: str, plural: str = "", attribute: str = "") -> FieldWords:
    return FieldWords(Noun(singular, plural or f"{singular}s"), attribute=attribute or f"with the {singular} {{}}")


_KEY: Final = _named("key")
_CURRENCY: Final = _named("currency", "currencies")
_CATEGORY: Final = _named("category", "categories")
_AMOUNT: Final = FieldWords(Noun("amount", "amounts"))
_PURCHASE_TIME: Final = FieldWords(Noun("time of purchase", "times of purchase"))

ENGLISH_WORDS: Final = Words(
    subject=Noun("contact", "contacts"),
    owners={"customer": Noun("customer", "customers")},
    fields={
        "contact.key": _KEY,
        "contact.email": _named("e-mail address", "e-mail addresses"),
        "contact.email_domain": _named("e-mail domain"),
        "contact.first_name": _named("first name"),
        "contact.last_name": _named("last name"),
        "contact.name": _named("name"),
        "contact.phone": _named("phone number"),
        "contact.language": _named("language"),
        "contact.time_zone": _named("time zone"),
        "contact.street": _named("street"),
        "contact.postal_code": _named("postal code"),
        "contact.city": _named("city", "cities"),
        "contact.country": _named("country", "countries"),
        "contact.birthday": FieldWords(Noun("date of birth", "dates of birth"), Noun("birthday", "birthdays")),
        "contact.created_at": FieldWords(Noun("time of creation", "times of creation"), happened="added"),
        "customer.key": _KEY,
        "customer.name": _named("name"),
        "customer.category": _CATEGORY,
        "customer.industry": _named("industry", "industries"),
        "customer.website": _named("website"),
        "customer.country": _named("country", "countries"),
        "customer.city": _named("city", "cities"),
        "purchases.key": _KEY,
        "purchases.at": _PURCHASE_TIME,
        "purchases.amount": _AMOUNT,
        "purchases.currency": _CURRENCY,
        "purchases.status": _named("status", "statuses"),
        "items.key": _KEY,
        "items.at": _PURCHASE_TIME,
        "items.product_code": _named("product code"),
        "items.product_name": _named("product name"),
        "items.category": _CATEGORY,
        "items.quantity": FieldWords(Noun("quantity", "quantities")),
        "items.amount": _AMOUNT,
        "items.currency": _CURRENCY,
        "activities.key": _KEY,
        "activities.kind": _named("kind", attribute="of the kind {}"),
        "activities.at": FieldWords(Noun("time of activity", "times of activity")),
        "activities.subject": _named("subject"),
        "activities.outcome": _named("outcome"),
        "messages.campaign": _named("campaign", attribute="from the campaign {}"),
        "messages.sent_at": FieldWords(Noun("time of sending", "times of sending")),
        "messages.opened_at": FieldWords(Noun("time of opening", "times of opening")),
        "messages.clicked_at": FieldWords(Noun("time of clicking", "times of clicking")),
    },
    rows={
        "purchases": RowWords(Noun("purchase", "purchases"), "made"),
        "items": RowWords(Noun("item", "items"), "bought"),
        "activities": RowWords(Noun("activity", "activities")),
        "messages": RowWords(Noun("message", "messages"), "been sent"),
    },
    done={"messages.opened_at": "opened", "messages.clicked_at": "clicked on"},
)
