"""The process that restores what a dead writer left. It needs only the database and the control system."""
