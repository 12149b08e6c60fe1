"""A simulated linac section behind real Channel Access, to show and to test everything without a facility."""
