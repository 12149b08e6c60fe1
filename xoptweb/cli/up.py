"""`xoptweb up`."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Address, port and all else come from the XOPTWEB_* environment variables of docs/settings.md."


def run(options: argparse.Namespace) -> int:
    from xoptweb.config import config
    from xoptweb.supervisor.up import up

    return up(config())
