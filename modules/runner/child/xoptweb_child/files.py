"""The files of a conversation as they lie in the directory of an interpreter."""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import b64decode, b64encode
from typing import Any

from xoptweb_child.wire import Wire

LARGEST = 1_000_000  # bytes of one file that is given back
LARGEST_SUM = 10_000_000
MOST = 100
MOST_LOOKED_AT = 2000
NOT_FILES = ("__pycache__",)


class Files:
    """Paths are relative, with `/`. Hidden files and directories stay here."""

    def __init__(self, folder: str, wire: Wire) -> None:
        self.folder, self._wire = folder, wire

    def bring(self, wanted: dict[str, str]) -> None:
        """Have the files of the host, by path and hash; and work in their directory again."""
        os.chdir(self.folder)
        for path, digest in wanted.items():
            if self._digest(path) != digest:
                self._place(path, b64decode(self._wire.ask("call_tool", {"name": path, "arguments": {}})))

    def changed(self, before: dict[str, str]) -> dict[str, Any]:
        """`files` are new or different, `removed` are gone, `kept_out` can't be given back."""
        given: dict[str, str] = {}
        kept_out: list[str] = []
        found: set[str] = set()
        room = LARGEST_SUM
        for path, size in self._listed():
            found.add(path)
            if size > LARGEST or len(given) >= MOST or size > room:
                kept_out.append(path)
                continue
            content = self._content(path)
            if content is not None and before.get(path) != hashlib.sha256(content).hexdigest():
                given[path] = b64encode(content).decode()
                room -= size
        return {"files": given, "removed": [path for path in before if path not in found], "kept_out": kept_out[:20]}

    def _listed(self) -> list[tuple[str, int]]:
        listed: list[tuple[str, int]] = []
        for folder, folders, names in os.walk(self.folder):
            folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in NOT_FILES)
            for name in sorted(names):
                full = os.path.join(folder, name)
                state = os.lstat(full)
                if not name.startswith(".") and stat.S_ISREG(state.st_mode):
                    listed.append((os.path.relpath(full, self.folder).replace(os.sep, "/"), state.st_size))
                if len(listed) >= MOST_LOOKED_AT:
                    return listed
        return listed

    def _digest(self, path: str) -> str:
        content = self._content(path)
        return "" if content is None else hashlib.sha256(content).hexdigest()

    def _content(self, path: str) -> bytes | None:
        try:
            with open(os.path.join(self.folder, path), "rb") as file:
                return file.read(LARGEST + 1)
        except OSError:
            return None

    def _place(self, path: str, content: bytes) -> None:
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)
