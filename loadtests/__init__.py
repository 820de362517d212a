"""The load side: the same customers, sent to a real endpoint, and a proof of what it did with them."""
