"""The REST gateway: JSON over HTTP in, gRPC out, and back. It keeps no state."""
