"""What becomes due when a run has ended, however that was."""

from modules.models import Run
from xoptweb.work.services import enqueue


def follow(run: Run) -> None:
    """Make due what waits for the run's end. Inside the transaction that ends it, so that neither is ever alone."""
    if run.follow_up is not None:
        name, arguments = run.follow_up["name"], run.follow_up["arguments"]
        enqueue(name, arguments, key=f"after:run:{run.pk}", correlation=run.correlation)
