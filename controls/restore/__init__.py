"""The way back to recorded values."""
