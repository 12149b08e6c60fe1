"""The tools from outside."""
