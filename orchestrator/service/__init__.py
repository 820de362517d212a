"""The service without HTTP: features, commands, group commit, repeated requests, and tenants."""
