"""What came of an execution: numbers, and sentences that rest on them."""
