"""Remembering: words and, where a profile offers them, meanings."""
