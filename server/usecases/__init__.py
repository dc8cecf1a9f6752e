"""What the service does, a use case a file, named as its RPC."""
