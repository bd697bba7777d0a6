"""Search: the index is kept up to date, and asked by the support desk."""
