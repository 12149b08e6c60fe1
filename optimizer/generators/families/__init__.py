"""One file per family of generators; the registry finds them."""
