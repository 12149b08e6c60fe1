"""Tools of agents: machines, their channels, and what those read."""

from controls.tools import channels, history, reading

__all__ = ["channels", "history", "reading"]
