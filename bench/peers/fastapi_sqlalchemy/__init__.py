"""The same sessions over FastAPI, SQLAlchemy 2 (async) and pydantic, the usual stack for such a service.

It has the three routes that are measured, with the same schema, the same merging of capabilities and
the same durability. It is tuned as its users tune it: uvloop and httptools, one pool per process,
cached API keys, answers serialized by pydantic's compiled serializer.
"""
