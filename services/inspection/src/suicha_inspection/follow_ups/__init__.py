"""Follow-ups (后续处理): what happens after a result, until it is done."""
