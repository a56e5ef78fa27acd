"""Benchmarks tell what they measured: fairly timed, held against the target, and never left out for being missed."""

from benchmarks.__main__ import page
from benchmarks.figures import Figure, interleaved, rate_figure, ratio_figure, seconds_figure


def test_candidates_take_turns_and_the_order_alternates() -> None:
    ran: list[str] = []
    seconds = interleaved({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, rounds=2)
    assert "".join(ran) == "ba" + "ab" + "ba"
    assert set(seconds) == {"a", "b"}


def test_a_figure_says_whether_its_target_is_met() -> None:
    assert ratio_figure(2, "SQL", ours=1.05, reference=1.0, at_most=1.1).met
    assert not ratio_figure(2, "SQL", ours=1.2, reference=1.0, at_most=1.1).met
    assert seconds_figure(3, "parse", measured=0.0009, at_most=0.001).met
    assert not rate_figure(8, "import", measured=19_999, at_least=20_000, unit="rows").met


def test_a_figure_is_written_in_units_that_can_be_read() -> None:
    assert seconds_figure(3, "parse", measured=0.000_512, at_most=0.001).measured == "512 µs"
    assert ratio_figure(1, "x", ours=3.0, reference=2.0, at_most=1.2).measured == "1.50 × (3 s / 2 s)"
    assert rate_figure(8, "import", measured=41_234.5, at_least=20_000, unit="rows").measured == "41,234 rows/s"


def test_a_missed_target_stays_on_the_page() -> None:
    text = page([Figure(4, "second", "≤ 1", "2", met=False), Figure(1, "first", "≤ 1", "1", met=True)])
    rows = [line for line in text.splitlines() if line.startswith(("| 1", "| 4"))]
    assert rows == ["| 1 | first | ≤ 1 | 1 | yes |", "| 4 | second | ≤ 1 | 2 | **no** |"]
