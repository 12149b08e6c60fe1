"""Tests of modules/sdk."""
