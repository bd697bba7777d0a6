"""Events: listed for people, relayed to queues; the values of edits beside them."""
