"""Request, answer, problem, JSON, and identifiers: the vocabulary of every layer of the endpoint."""
