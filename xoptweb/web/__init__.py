"""What the pages of every floor share: how values read, how forms survive, how lists are cut into pages."""
