"""Subscriptions, invoices and payment methods, read through from Zuora."""
