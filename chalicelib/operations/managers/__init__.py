"""Managers of an account: listed, given a role, granted by support, removed."""
