"""The session service: a gRPC server over a store."""

VERSION = "0.1.0"
"""The version of the service; pyproject.toml reads it here."""
