"""The language of the product: what things are, what may happen to them, and what it is called. No I/O."""
