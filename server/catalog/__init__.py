"""The built-in capabilities, a TOML file each, and how they and an operator's are read."""
