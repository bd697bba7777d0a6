"""Customers: one's own record, and what support does with a person's record and sign-in."""
