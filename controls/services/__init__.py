"""What people and processes can do to machines."""
