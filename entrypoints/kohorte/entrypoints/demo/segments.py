"""The demo's segments: each shows one thing that rules can say."""

from datetime import UTC, datetime
from typing import Final

from attrs import frozen

CLOSING_TIME: Final = datetime(2011, 12, 10, tzinfo=UTC)
"""The demo is evaluated at the midnight after the last invoice, since its data ends there."""


@frozen
class DemoSegment:
    """A segment of the demo: what it teaches stands in its description."""

    name: str
    description: str
    rule: str


SEGMENTS: Final = (
    DemoSegment("bought lately", "Recency: a completed purchase in the last 30 days",
                'any purchases(status = "completed", last 30 days)'),
    DemoSegment("frequent buyers", "Frequency: at least 5 completed purchases in half a year",
                'did purchase at least 5 times in the last 6 months where status = "completed"'),
    DemoSegment("big spenders", "Value: 5,000 pounds or more in a year, cancellations taken off",
                "purchases(last 1 year).sum(amount) >= 5000 GBP"),
    DemoSegment("lapsed buyers", "Came at least three times, and not in the last 90 days",
                'purchases(status = "completed").count >= 3 and did not purchase in the last 90 days'),
    DemoSegment("purchase birthdays", "First bought on a day that returns within a week",
                "purchases.min(at) has anniversary in the next 7 days"),
    DemoSegment("heart lovers", "50 pieces or more with a heart in their name, whichever product",
                'items(product_name contains "heart").sum(quantity) >= 50'),
    DemoSegment("cancellers", "Gave back three times or more",
                'purchases(status = "cancelled").count >= 3'),
    DemoSegment("wholesale abroad", "A condition on the customer that a contact belongs to",
                'customer.category = "wholesale" and contact.country is set and contact.country != "GB"'),
    DemoSegment("champions", "A segment of segments",
                'in segment "frequent buyers" and in segment "big spenders" and not in segment "cancellers"'),
    DemoSegment("never gave back, not in Britain", "Only negations: who has no country at all is in it, too",
                'contact.country != "GB" and no purchases(status = "cancelled")'),
)  # fmt: skip
