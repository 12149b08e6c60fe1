"""Modules: packages, environments, runs."""
