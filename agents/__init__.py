"""Models that think: the gateway to them."""
