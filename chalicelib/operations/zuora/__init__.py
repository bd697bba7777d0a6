"""Zuora: pushed to, read back, compared; what happens while it is away."""
