"""Load tests: the requests of a scenario's customers, sent to a real endpoint and verified afterwards."""
