"""What people and stages can do to campaigns."""
