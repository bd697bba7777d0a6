"""Mails: recipients, sending, delivery feedback, suppressed addresses."""
