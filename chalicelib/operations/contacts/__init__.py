"""Sold To and Bill To of an account: shown, edited, chosen; contacts as support sees them."""
