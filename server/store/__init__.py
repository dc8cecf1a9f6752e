"""The store on peewee: SQLite, or PostgreSQL."""
