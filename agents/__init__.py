"""Models that think: the gateway to them, the loop in which they use tools, conversations, memory."""
