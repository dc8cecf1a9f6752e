"""The OpenAPI 3.1 document of the gateway, made from the protos: descriptors, options and comments."""
