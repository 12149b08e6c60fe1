"""Turns, step by step."""
