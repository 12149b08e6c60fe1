"""The exclusive right of one writer to some channels."""
