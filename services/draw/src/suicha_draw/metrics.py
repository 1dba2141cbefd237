"""What operators watch at each worker beside the chassis metrics; the queue is in `measuring`."""

from prometheus_client import Counter, Histogram

STEP_SECONDS = Histogram(
    "suicha_draw_round_seconds",
    "time a worker takes for one step of a round",
    ["step"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 120, 300),
)
BEACON_DISAGREEMENTS = Counter(
    "suicha_draw_beacon_disagreements",
    "signatures on which the two verifiers of the beacon disagreed; any is an alarm",
)
