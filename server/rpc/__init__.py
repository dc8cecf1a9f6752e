"""The wire: decode, call a use case, encode."""
