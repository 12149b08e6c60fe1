"""Tests of the app agents."""
