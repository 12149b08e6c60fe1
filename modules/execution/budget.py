"""What a run and all the module calls below it may spend on models."""

import threading

from xoptweb.config import config
from xoptweb.errors import Conflict


class Budget:
    """Shared by a run and the runs it calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls_left = config().llm_run_calls
        self.tokens_left = config().llm_run_tokens

    def begin_call(self) -> None:
        """Raises Conflict when the run has used up its calls or tokens."""
        with self._lock:
            if self.calls_left <= 0:
                raise Conflict(f"This run has made its {config().llm_run_calls} model calls.", code="budget")
            if self.tokens_left <= 0:
                raise Conflict(f"This run has used its {config().llm_run_tokens} tokens.", code="budget")
            self.calls_left -= 1

    def spend(self, tokens: int) -> None:
        with self._lock:
            self.tokens_left -= tokens
