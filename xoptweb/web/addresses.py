"""Addresses that others name, and that a page would lead to."""

import re

# A second slash would name another host. Browsers take a backslash for one, and leave out tabs and line ends.
OURS = re.compile(r"/(?![/\\])[!-~]*")


def ours(address: object) -> bool:
    """Whether it is a path of this site, in printable ASCII as paths are written, whatever a browser makes of it."""
    return isinstance(address, str) and OURS.fullmatch(address) is not None
