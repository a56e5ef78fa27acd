"""Clients of the API for a benchmark, in a process of their own: many connections that ask one thing after the other.

Run as ``python -m benchmarks.asking ADDRESS TOKEN SECONDS CLIENTS SEGMENT…``; prints the milliseconds of each kind of
request as JSON. It speaks as little HTTP as it needs, so that it takes little of the machine from the server.
"""

import asyncio
import json
import sys
from random import Random
from time import perf_counter
from urllib.parse import urlsplit

CONTACTS = 1_000_000
PACE = 0.1
"""Seconds from one request of a client to its next: people and programs do something with what they get."""


def requests(random: Random, segments: list[str]) -> tuple[str, str, str, str]:
    """Return the kind, the method, the path and the body of a request."""
    number = random.randrange(CONTACTS)
    match random.randrange(10):
        case 0 | 1 | 2:
            return "read a contact by key", "GET", f"/api/contacts/C{number}", ""
        case 3 | 4:
            return "list segments", "GET", "/api/segments?limit=50", ""
        case 5 | 6:
            return "page of members", "GET", f"/api/segments/{random.choice(segments)}/members?limit=50", ""
        case 7:
            return "list contacts", "GET", f"/api/contacts?search=C{number // 10}&limit=50", ""
        case _:
            return "change a contact", "PATCH", f"/api/contacts/C{number}", json.dumps({"city": f"City {number % 997}"})


async def client(
    number: int, address: str, token: str, end: float, segments: list[str], told: dict[str, list[float]]
) -> None:
    """Ask until the end, over one connection; note how long each answer took."""
    random, parts = Random(number), urlsplit(address)  # noqa: S311 - figures for a benchmark
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    await asyncio.sleep(random.random() * PACE)
    while perf_counter() < end:
        kind, method, path, body = requests(random, segments)
        started = perf_counter()
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))[15:])
        await reader.readexactly(length)
        elapsed = perf_counter() - started
        if not head.startswith(b"HTTP/1.1 2"):
            raise SystemExit(f"{kind}: {head[:40]!r}")
        told.setdefault(kind, []).append(elapsed * 1000)
        await asyncio.sleep(max(PACE - elapsed, 0))
    writer.close()


async def ask(address: str, token: str, seconds: float, clients: int, segments: list[str]) -> dict[str, list[float]]:
    """Let clients ask at once."""
    told: dict[str, list[float]] = {}
    end = perf_counter() + seconds
    await asyncio.gather(*(client(each, address, token, end, segments, told) for each in range(clients)))
    return told


if __name__ == "__main__":
    where, key, time, count, *ids = sys.argv[1:]
    print(json.dumps(asyncio.run(ask(where, key, float(time), int(count), ids))))
