"""`python -m bench.part NAME DIRECTORY`: measures one part, in this process, and leaves `figures.json` there."""

import json
import sys
from importlib import import_module
from pathlib import Path


def main(words: list[str]) -> int:
    name, directory = words[0], Path(words[1])
    figures = import_module(f"bench.parts.{name}").measure(directory)
    (directory / "figures.json").write_text(json.dumps([figure.as_json() for figure in figures]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
