"""Contacts as rules read them, with what belongs to each."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from attrs import fields

from kohorte.adapters.memory.state import State

Record = Mapping[str, Any]


def records(state: State) -> list[Record]:
    """Return every contact with its customer, purchases, items and activities, in the order of their ids."""
    purchases, activities = defaultdict[str, list[Record]](list), defaultdict[str, list[Record]](list)
    for purchase in state.purchases.values():
        items = [{**_flat(item), "at": purchase.at, "currency": purchase.currency} for item in purchase.items]
        purchases[purchase.contact].append({**_flat(purchase), "items": items})
    for activity in state.activities.values():
        activities[activity.contact].append(_flat(activity))
    customers = {key: _flat(customer) for key, customer in state.customers.items()}
    return [
        {
            **_flat(contact),
            "name": contact.name,
            "email_domain": contact.email_domain,
            "customer": customers.get(contact.customer or ""),
            "purchases": purchases.get(contact.key, []),
            "activities": activities.get(contact.key, []),
        }
        for contact in sorted(state.contacts.values(), key=lambda each: each.id)
    ]


def _flat(aggregate: Any) -> dict[str, Any]:
    """Return the fields of an aggregate, its custom ones among them."""
    own = {each.name: getattr(aggregate, each.name) for each in fields(type(aggregate)) if each.name != "custom"}
    return {**own, **aggregate.custom}
