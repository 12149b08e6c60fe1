"""Code of models in a sandbox: an interpreter for each conversation, its files, and tables that are looked at there."""
