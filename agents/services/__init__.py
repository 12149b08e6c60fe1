"""What changes in `agents`: profiles, conversations, memory, plans."""
