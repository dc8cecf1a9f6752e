"""`python -m gateway call`: one call of the service from a command line, in the JSON of REST."""
