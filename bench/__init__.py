"""Measures the service beside the systems it would be compared with: `python -m bench`."""
