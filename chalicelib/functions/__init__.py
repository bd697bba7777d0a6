"""Lambda functions that are not HTTP."""
