"""The Celery application: a broker that only wakes workers, for the database knows what is due."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xoptweb.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they would load every page into every worker

from xoptweb.config import config

app = Celery("xoptweb")
app.conf.update(
    broker_url=config().celery_broker,
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=2,
    broker_transport_options={
        # Redelivery is the database's. Not acknowledging in the broker, no worker is wedged by an outage then.
        "ack_emulation": False,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "socket_keepalive": True,
    },
    broker_pool_limit=1,
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_acks_late=False,
    task_default_queue="default",
    task_create_missing_queues=True,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_consumer="xoptweb.work.consumer:Consumer",
    beat_scheduler="xoptweb.work.beat:Sweeper",
    beat_max_loop_interval=1,
    imports=["xoptweb.work.celery_task"],
    timezone="UTC",
    enable_utc=True,
)
