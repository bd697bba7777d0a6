"""The domain: its objects, rules, events and errors. No I/O."""
