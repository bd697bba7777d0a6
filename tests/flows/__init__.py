"""Whole flows: from a request through queues and workers to its effects."""
