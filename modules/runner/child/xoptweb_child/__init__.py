"""The inside of a module's process. Only the standard library, and later the SDK of the module's environment."""
