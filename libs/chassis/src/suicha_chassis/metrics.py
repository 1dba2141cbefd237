"""Prometheus metrics that every process has. Services add their own beside these."""

from prometheus_client import Counter, Gauge, Histogram

HTTP_SECONDS = Histogram(
    "suicha_http_request_seconds",
    "time from request to answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
OUTBOX_WAITING = Gauge("suicha_outbox_waiting", "events written and not yet published, at most one batch")
OUTBOX_AGE = Gauge("suicha_outbox_age_seconds", "age of the oldest unpublished event")
OUTBOX_PUBLISHED = Counter("suicha_outbox_published_total", "events published")
EVENTS_HANDLED = Counter("suicha_events_handled_total", "deliveries by outcome", ["consumer", "outcome"])
EVENT_SECONDS = Histogram(
    "suicha_event_latency_seconds",
    "time from writing an event to its committed effect",
    ["consumer"],
    buckets=(
        0.004,
        0.006,
        0.008,
        0.01,
        0.015,
        0.02,
        0.03,
        0.04,
        0.05,
        0.06,
        0.08,
        0.1,
        0.25,
        0.5,
        1,
        5,
        30,
        300,
    ),
)
CONSUMER_LAG = Gauge("suicha_consumer_lag", "messages that wait for a consumer", ["consumer"])
DEAD_LETTERS = Gauge("suicha_dead_letters", "messages in the dead-letter stream")
LOOP_FAILURES = Counter("suicha_loop_failures_total", "restarts of a background loop", ["loop"])
