"""Counting requests: in little memory, and those of one site together."""

from typing import Any

import pytest

from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.http.rates import Connection, Rate, TooManyRequests, address_of


def connection(host: str = "192.0.2.7") -> Connection:
    scope: Any = {"type": "http", "client": (host, 1), "headers": [], "state": {}}
    return Connection(scope)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("/run/kohorte.sock", "/run/kohorte.sock"),
    ],
)
def test_addresses_of_one_site_are_counted_together(host: str, counted: str) -> None:
    assert address_of(connection(host)) == counted


def test_callers_beyond_ten_thousand_share_one_count() -> None:
    rate, asked = Rate(1, FixedClock()), connection()
    for number in range(10_001):
        rate.take(str(number), asked)
    for who in ("yet another", "5"):
        with pytest.raises(TooManyRequests):
            rate.take(who, asked)
