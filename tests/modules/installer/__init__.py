"""Tests of modules/installer."""
