"""What the pages of the assistant show, ready to be shown."""
