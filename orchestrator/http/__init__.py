"""HTTP: the application, its routes and guard, the connections, request fields, and the OpenAPI document."""
