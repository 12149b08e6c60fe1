"""The stages of an iteration: one file each, each a task that starts from the database and ends in it."""
