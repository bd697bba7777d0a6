"""Billing accounts: imported, listed, shown, edited by support."""
