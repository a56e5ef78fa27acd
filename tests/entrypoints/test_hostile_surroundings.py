"""Whatever the surroundings do, the command line ends with a sentence and an exit code, and never tells a secret."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from kohorte.core.bus import Bus
from kohorte.entrypoints.settings import Settings, without_secrets
from tests.entrypoints.conftest import Kohorte

COMMAND = [sys.executable, "-m", "kohorte.entrypoints.cli"]
SECRET = "postgresql://me:ge%40heim@localhost:1/crm"


def in_shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of sh in which $K is the command."""
    environment = {**os.environ, "K": " ".join(COMMAND), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["/bin/sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("line", ["$K field list >&-", "$K field list --json 2>&-", "$K rule check '' <&- >&- 2>&-"])
def test_a_closed_stream_is_no_fault(shop: Kohorte, tmp_path: Path, line: str) -> None:
    done = in_shell(tmp_path, line)
    assert done.returncode in {0, 3}
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("line", ["$K field list > /dev/full", "$K field list --json > /dev/full"])
def test_an_answer_that_cannot_be_written_is_said(shop: Kohorte, tmp_path: Path, line: str) -> None:
    done = in_shell(tmp_path, line)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The answer cannot be written: No space left on device.\n")


def test_a_shell_asks_for_completion(tmp_path: Path) -> None:
    asked = 'COMP_WORDS="kohorte segment pre" COMP_CWORD=2 _KOHORTE_COMPLETE=bash_complete $K'
    assert in_shell(tmp_path, asked).stdout == "plain,preview\n"
    assert "_kohorte_completion()" in in_shell(tmp_path, "_KOHORTE_COMPLETE=bash_source $K").stdout


def _hear_interrupts() -> None:
    """Undo what shells do to commands in the background: their children ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_without_a_traceback(shop: Kohorte, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "import", "contacts", "-"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_interrupts,  # noqa: PLW1509 - no thread runs here
    ) as waiting:
        assert waiting.stdin is not None
        assert waiting.stderr is not None
        waiting.stdin.write(b"key\n" + b"".join(b"N%d\n" % number for number in range(100_000)))
        waiting.stdin.flush()  # more than a pipe holds: the command is reading by now
        code = None
        while code is None:  # as people do who are not heard: the system may take the first one just before a read
            waiting.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                code = waiting.wait(10)
        said = waiting.stderr.read().decode()
    assert code == 130
    assert "Traceback" not in said
    assert "Stopped." in said


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_fault_is_told_in_a_sentence(
    shop: Kohorte, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(Bus, "ports", fault)
    answer = shop("segment", "list", *options)
    assert answer.code == 1
    assert "Kohorte made a mistake (ZeroDivisionError)." in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err
    assert "heim" not in answer.out + answer.err


def test_a_fault_is_shown_without_secrets_where_it_is_asked_for(
    kohorte: Kohorte, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"{SECRET} ge@heim")

    monkeypatch.setattr("kohorte.entrypoints.bootstrap.open_application", fault)
    monkeypatch.setenv("KOHORTE_DEBUG", "1")
    answer = kohorte("segment", "list", "--database", SECRET)
    assert "Traceback" in answer.err
    assert "heim" not in answer.err


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql://me:geheim@[::1/x", "postgresql://me:geheim@localhost:port/x", "me:geheim@localhost/x"),
        *("postgresql://me:ge@heim@localhost:1/x", "postgresql://localhost:1/x?password=geheim"),
        *("postgresql+geheim://me:geheim@localhost/x", "mysql://me:geheim@localhost/x"),
    ],
)
def test_a_password_stays_secret_wherever_it_stands(kohorte: Kohorte, url: str) -> None:
    answer = kohorte("segment", "list", "--database", url)
    assert answer.code in {1, 5}
    said = (answer.out + answer.err).replace("postgresql+geheim", "")
    assert "heim" not in said


@pytest.mark.parametrize("url", [SECRET, "postgresql://localhost/x?password=ge%40heim"])
def test_secrets_are_taken_out_as_written_and_as_meant(url: str) -> None:
    assert without_secrets("ge%40heim, ge@heim", Settings(url)) == "***, ***"


@pytest.mark.parametrize(
    "arguments",
    [
        ("segment", "list", "--nonsense"),
        ("segmnt",),
        ("segment", "preview", "--sample", "many"),
        ("segment", "preview"),
        ("segment", "show", "a\udcff"),
        ("import", "contacts", "no\0where"),
        ("list", "import", "vip", "nowhere"),
        ("rule", "check", "--file", "."),
        ("segment", "preview", "--rule", "contact.key is set", "--at", ""),
        ("segment", "list", "--tenant", ""),
    ],
)
def test_every_error_is_one_json_document_for_programs(shop: Kohorte, arguments: tuple[str, ...]) -> None:
    answer = shop(*arguments, "--json")
    assert answer.code != 0
    assert {"code", "message", "hint"} <= set(json.loads(answer.out)["error"])
    assert answer.err == ""


def test_an_export_that_fails_leaves_the_earlier_file(shop: Kohorte, tmp_path: Path) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    (tmp_path / "all.csv").write_text("earlier", "utf-8")
    assert shop("segment", "export", "all", "--columns", "contact.nothing", "--output", "all.csv").code == 1
    assert (tmp_path / "all.csv").read_text("utf-8") == "earlier"
    assert {each.name for each in tmp_path.iterdir() if each.name.startswith(".kohorte-")} == set()


def test_a_rule_given_as_a_name_is_told_how_to_be_tried(shop: Kohorte) -> None:
    assert "--rule" in shop("segment", "preview", 'contact.country = "DE"').err
    assert shop("segment", "preview", "all", "--rule", "contact.key is set").code == 1
