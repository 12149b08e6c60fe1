"""Modules, runs and projects as pages show them: ready-made words, rows and bars."""
