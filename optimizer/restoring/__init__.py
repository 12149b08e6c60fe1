"""Bringing the channels back to where they were before a campaign, after it has ended."""
