"""`python -m xoptweb` is the command `xoptweb`."""

import sys

from xoptweb.cli import main

if __name__ == "__main__":
    sys.exit(main())
