"""Operation of a store beside serving requests: tokens, backup, and retention."""
