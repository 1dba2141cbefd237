"""模拟信用平台（沙箱）: a simulated credit platform to push to. It is told how to misbehave, and never real."""

PLATFORM = "模拟信用平台（沙箱）"
"""Said in every answer, so that nobody takes it for a real platform."""
