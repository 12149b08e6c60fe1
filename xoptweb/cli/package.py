"""`xoptweb package`."""

import argparse
import sys
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, metavar="DIR", help="directory of the module, with its xopt.yaml")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the package (default: NS_NAME-VERSION.xopt)")


def run(options: argparse.Namespace) -> int:
    from modules import package

    written = package.write(options.directory, options.output)
    sys.stderr.write(f"Packaged {package.read(written).manifest.reference}.\n")
    sys.stdout.write(f"{written}\n")
    return 0
