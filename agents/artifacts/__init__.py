"""Artifacts: what kinds there are, and where their contents lie."""
