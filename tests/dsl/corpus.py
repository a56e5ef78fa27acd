"""Rules that must be read and rules that must be refused, from the shared data."""

from tests.data import shared_data


def rules(name: str) -> list[str]:
    """Return the rules of a file whose entries are parted by lines of three dashes."""
    text = shared_data(f"rules/{name}.txt").read_text("utf-8")
    return [rule.strip("\n") for rule in text.split("\n---\n")]
