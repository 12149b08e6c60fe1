"""Campaigns as pages show them: ready-made words, rows and bars, no queries of their own unless they say so."""
