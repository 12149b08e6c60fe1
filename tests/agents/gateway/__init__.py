"""Asking models, over real HTTP."""
