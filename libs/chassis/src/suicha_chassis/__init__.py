"""Mechanism shared by every service, and no business rule.

App factory, settings, database, outbox and inbox, bus, file store, tokens, problems, paging, idempotency,
audit trail, and what tests need. A service wires these in its `main`; nothing here knows a service.
"""
