"""``kohorte worker`` says what it did, and stops when it is asked to."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from kohorte.entrypoints.bootstrap import open_application
from tests.entrypoints.conftest import Kohorte

BRITISH = 'contact.country = "GB"'


def break_rule(folder: Path, name: str) -> None:
    """Let a segment have a rule that can no longer be used."""
    application = open_application(f"sqlite:///{folder}/kohorte.db")
    with application.storage.work(application.tenant("default")) as work:
        segment = work.segments.by_name(name)
        segment.follow(evolve(segment.ruled, version=2, text="contact.nonsense = 5"))
        work.segments.save(segment)
        work.commit()
    application.close()


def test_once_it_does_what_is_to_be_done_and_says_so(shop: Kohorte) -> None:
    shop("segment", "create", "british", "--rule", BRITISH)
    answer = shop("worker", "--once")
    assert answer.code == 0
    assert answer.out.splitlines()[-1].split()[:5] == ["default", "british", "2", "2", "0"]
    assert shop("worker", "--once").out == "Nothing has changed.\n"
    assert shop("segment", "show", "british").out.splitlines()[0] == "british: 2 members"


def test_programs_read_what_it_did(shop: Kohorte) -> None:
    shop("segment", "create", "british", "--rule", BRITISH)
    told = json.loads(shop("worker", "--once", "--json").out)
    assert told == [
        {
            "tenant": "default",
            "reactions": 0,
            "bounds": 0,
            "segments": [{"segment": "british", "members": 2, "entered": 2, "left": 0, "error": None}],
            "jobs": [],
            "failures": [],
        }
    ]


def test_a_segment_that_fails_is_told_and_says_itself_why_and_when_it_is_tried_again(
    shop: Kohorte, tmp_path: Path
) -> None:
    for name in ("british", "broken"):
        shop("segment", "create", name, "--rule", BRITISH)
    break_rule(tmp_path, "broken")
    answer = shop("worker", "--once")
    assert answer.code == 1
    assert "nonsense" in answer.err
    [failed] = [each for each in json.loads(shop("segment", "list", "--json").out) if each["failure"]]
    assert (failed["name"], failed["failure"]["code"], failed["failure"]["attempts"]) == ("broken", "rule_refused", 1)
    assert "The last calculation failed: The rule has 1 problem(s)." in shop("segment", "show", "broken").out
    shop("segment", "change", "broken", "--rule", BRITISH)
    assert shop("worker", "--once").code == 0
    assert json.loads(shop("segment", "show", "broken", "--json").out)["failure"] is None


def test_a_database_that_cannot_be_used_is_said(kohorte: Kohorte) -> None:
    assert kohorte("worker", "--once").code == 5
    assert kohorte("worker").code == 5


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_gracefully(shop: Kohorte, tmp_path: Path, asked: signal.Signals) -> None:
    shop("segment", "create", "british", "--rule", BRITISH)
    command = [sys.executable, "-m", "kohorte.entrypoints.cli", "worker", "--every", "0.05"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "The worker is running. Stop it with Ctrl-C.\n"
        process.send_signal(asked)
        said = process.stderr.read()
        assert process.wait(timedelta(minutes=1).total_seconds()) == 0
    assert said == "The worker has stopped.\n"


@pytest.mark.parametrize("every", ["30m", "6h", "2d", "90m", "25h"])
def test_a_segment_says_how_often_it_is_calculated(shop: Kohorte, every: str) -> None:
    shop("segment", "create", "british", "--rule", BRITISH, "--every", every)
    assert json.loads(shop("segment", "show", "british", "--json").out)["every"] == every
    assert f"All members are calculated every {every}." in shop("segment", "show", "british").out
    assert shop("segment", "change", "british", "--every", "never").code == 0
    assert json.loads(shop("segment", "show", "british", "--json").out)["every"] is None


@pytest.mark.parametrize("every", ["", "0h", "6", "h", "6 h", "1s", "-2d"])
def test_what_does_not_say_how_often_is_refused(shop: Kohorte, every: str) -> None:
    answer = shop("segment", "create", "british", "--rule", BRITISH, "--every", every)
    assert answer.code == 1
    assert "does not say how often." in answer.err
