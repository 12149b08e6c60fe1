"""Carrying out what was approved: ask, set, settle, measure, tell."""
