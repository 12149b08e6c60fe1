"""What the product is held against: the same job done by the least code, with the same libraries."""
