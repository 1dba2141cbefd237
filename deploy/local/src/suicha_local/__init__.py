"""Runs the whole platform on one machine, without Docker and without root.

PostgreSQL, nats-server and Envoy come from wheels and are the real programs; supervisord keeps every process
running and starts it again when it dies. Everything lies below one folder, `.suicha` by default, and is gone
with it. For development, demonstrations and tests; production uses containers or the bureau's own servers.
"""
