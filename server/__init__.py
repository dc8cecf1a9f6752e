"""The session service: a gRPC server over a store."""
