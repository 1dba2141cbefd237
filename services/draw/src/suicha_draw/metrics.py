"""What operators watch beside the chassis metrics."""

from prometheus_client import Counter, Gauge, Histogram

STEP_SECONDS = Histogram(
    "suicha_draw_round_seconds",
    "time a worker takes for one step of a round",
    ["step"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 120, 300),
)
ROUNDS = Gauge("suicha_draw_rounds", "rounds by state", ["state"])
QUEUE_DEPTH = Gauge("suicha_draw_queue_depth", "rounds that wait for a worker or are being worked on")
QUEUE_AGE = Gauge("suicha_draw_queue_age_seconds", "age of the round that waits longest")
BEACON_DISAGREEMENTS = Counter(
    "suicha_draw_beacon_disagreements",
    "signatures on which the two verifiers of the beacon disagreed; any is an alarm",
)
