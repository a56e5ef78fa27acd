"""An editor, as far as the language server can tell: JSON-RPC over the pipes of a real process."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

URI = "file:///tmp/rule.kohorte"


@define
class Editor:
    """A client that waits for each answer, and keeps what the server says by itself."""

    process: "subprocess.Popen[bytes]"
    told: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    _asked: int = 0

    @classmethod
    def starting(cls, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> "Editor":
        """Start the server in a folder."""
        return cls.running(folder, "-m", "kohorte.entrypoints.cli", "rule", "lsp", *arguments, environment=environment)

    @classmethod
    def running(cls, folder: Path, *program: str, environment: Mapping[str, str] | None = None) -> "Editor":
        """Start a Python program that is a server, in a folder."""
        process = subprocess.Popen(
            [sys.executable, *program],
            cwd=folder,
            env={**os.environ, "LANGUAGE": "en", **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return cls(process)

    def initialize(self, **capabilities: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask(
            "initialize", {"processId": None, "rootUri": None, "capabilities": capabilities}
        )
        self.tell("initialized", {})
        return answer

    def open(self, text: str) -> Sequence[dict[str, Any]]:
        """Open a document and return what is wrong with it."""
        document = {"uri": URI, "languageId": "kohorte", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.diagnostics()

    def type(self, text: str) -> Sequence[dict[str, Any]]:
        """Change the document and return what is wrong with it."""
        self.change(text)
        return self.diagnostics()

    def change(self, text: str) -> None:
        """Change the document."""
        changed = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": text}]}
        self.tell("textDocument/didChange", changed)

    def diagnostics(self) -> Sequence[dict[str, Any]]:
        while True:
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                found: Sequence[dict[str, Any]] = message["params"]["diagnostics"]
                return found
            self.told.append(message)

    def at(self, method: str, line: int, character: int, **more: Any) -> Any:
        """Ask about a place in the document."""
        where = {"textDocument": {"uri": URI}, "position": {"line": line, "character": character}}
        return self.ask(f"textDocument/{method}", {**where, **more})

    def about(self, method: str, **more: Any) -> Any:
        """Ask about the document."""
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": URI}, **more})

    def ask(self, method: str, params: object = None) -> Any:
        self._asked += 1
        self.send({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._asked:
                assert "error" not in message, message
                return message["result"]
            self.told.append(message)

    def tell(self, method: str, params: object) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def send_bytes(self, content: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def leave(self) -> int:
        """Say goodbye, and return the server's exit code."""
        self.ask("shutdown")
        self.tell("exit", None)
        return self.process.wait(timeout=30)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server is gone"
        found: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return found
