"""Mails: who is told what, the sending, the delivery feedback, suppressed addresses."""
