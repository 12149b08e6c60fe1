"""Celery's consumer, recovering in a second where Celery takes many."""

import logging
from typing import Any

from celery.worker.consumer.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 1.0
REAP_EVERY_S = 0.25


class Consumer(CeleryConsumer):
    """Looks for dead children and for a lost broker several times a second."""

    def register_with_event_loop(self, hub: Any) -> None:
        """Replace dead children at once: Celery hears of a death a moment before the system lets it see it, looks
        too early, and then only every 5 s.
        """
        super().register_with_event_loop(hub)
        hub.call_repeatedly(REAP_EVERY_S, self.pool.maintain_pool)

    def ensure_connected(self, conn: Any) -> Any:
        """Try each second for ever; Celery's own pauses grow to half a minute."""
        conn.ensure_connection(
            self._say,
            None,
            interval_start=FIRST_PAUSE_S,
            interval_step=FIRST_PAUSE_S,
            interval_max=LONGEST_PAUSE_S,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        self.broker_connection_retry_attempt = 0
        return conn

    def _say(self, problem: Exception, pause_s: float) -> None:
        logger.warning("The broker does not answer (%s); trying again in %.1f s.", problem, pause_s)
