"""Tests of modules/runner."""
