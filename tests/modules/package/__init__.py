"""Packages: what is accepted, what is refused, what is written."""
