"""`xoptweb mcp`."""

import argparse
import asyncio
import getpass

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="account", default=getpass.getuser(), metavar="NAME", help="account to act as")


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from dataclasses import replace

    from xoptweb import correlation
    from xoptweb.cli.chat import actor
    from xoptweb.mcp import serving
    from xoptweb.tools import outside

    by = replace(actor(options.account), correlation=correlation.new())
    outside.check(by)
    asyncio.run(serving.over_stdio(by))
    return 0
