"""Run the benchmarks and write their page.

Each module `benchmarks/bench_*.py` has a function `measure() -> list[Figure]`; names on the command line choose
some of them, and then the page stays as it is, because it always shows figures of one run on one machine.
"""

import os
import platform
import sqlite3
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from timeit import timeit

from benchmarks.figures import Figure

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reference" / "benchmarks.md"
PEERS = ("common-expression-language", "zen-engine", "cel-expr-python", "rule-engine", "cel-python")
SHOWN_VERSIONS = ("kohorte", "attrs", "lark", "SQLAlchemy", "psycopg", *PEERS)


def main(chosen: list[str]) -> None:
    """Measure, print every figure as it comes, and write the page when all have run."""
    names = sorted(file.stem for file in HERE.glob("bench_*.py"))
    if unknown := set(chosen) - set(names):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    figures: list[Figure] = []
    for name in chosen or names:
        print(f"# {name}", flush=True)
        for figure in import_module(f"benchmarks.{name}").measure():
            print(_row(figure), flush=True)
            figures.append(figure)
    print(f"{sum(figure.met for figure in figures)} of {len(figures)} figures meet their target")
    if not chosen:
        PAGE.write_text(page(figures), "utf-8")


def page(figures: Iterable[Figure]) -> str:
    """Lay out the figures in the order of their targets, with what they depend on."""
    rows = [_row(figure) for figure in sorted(figures, key=lambda figure: figure.target or 99)]
    head = ["| target | what | wanted | measured | met |", "|---|---|---|---|---|"]
    return "\n".join([_PREFACE, *_surroundings(), "", *head, *rows, ""])


def _row(figure: Figure) -> str:
    met = "yes" if figure.met else "**no**"
    return f"| {figure.target or '–'} | {figure.what} | {figure.target_text} | {figure.measured} | {met} |"


def _surroundings() -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"{name} {metadata.version(name)}" for name in SHOWN_VERSIONS if _is_installed(name)]
    return [
        f"- Date: {datetime.now(UTC):%Y-%m-%d}",
        f"- Machine: {os.cpu_count()} processors, {memory:.0f} GiB of memory, {platform.system()} {platform.machine()}",
        f"- Speed: ten million additions in Python take {_additions():.2f} s",
        f"- Versions: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(versions)}",
    ]


def _additions() -> float:
    """Return the seconds of ten million additions, by which absolute times of machines can be compared."""
    return min(timeit("for i in range(10_000_000): x += i", "x = 0", number=1) for _ in range(3))


def _is_installed(name: str) -> bool:
    return any(metadata.distributions(name=name))


_PREFACE = """\
# Benchmarks

Written by `nox -s bench`; not edited by hand. Times depend on the machine, so what can be compared is: the candidates
take turns in one run, and each figure is a median. A target that is missed stays in the table.
"""

if __name__ == "__main__":
    main(sys.argv[1:])
