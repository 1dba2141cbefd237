"""What an operator watches: how much waits for each channel and since when, and what is overdue."""

from prometheus_client import Counter, Gauge

DELIVERIES_WAITING = Gauge("suicha_deliveries_waiting", "records that wait for a channel", ["channel"])
DELIVERIES_OLDEST = Gauge("suicha_deliveries_oldest_seconds", "age of the oldest waiting record", ["channel"])
DELIVERIES_REJECTED = Gauge(
    "suicha_deliveries_rejected", "records that a channel refused for good; each needs a person", ["channel"]
)
PUSHES = Counter("suicha_pushes_total", "pushes by what came of them", ["channel", "verdict"])
RECONCILED = Counter(
    "suicha_reconciled_total", "records found wrong at a channel and pushed again", ["channel", "finding"]
)
OVERDUE = Gauge("suicha_disclosures_overdue", "results that are not public after their deadline")
