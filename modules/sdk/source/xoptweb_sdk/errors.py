"""Why a run of a module fails."""


class ModuleError(Exception):
    """The module, or something it asked for, cannot go on; the message is for a person."""


class NoSuchModule(ModuleError):
    """No module of this name can be called."""
