"""Adapters to systems outside. The only modules of this service with an HTTP client."""
