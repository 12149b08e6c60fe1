"""Pages about modules, their runs, and projects."""
