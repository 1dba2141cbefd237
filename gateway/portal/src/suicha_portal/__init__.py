"""The platform's front door beside Envoy: merged OpenAPI, docs page, demo sign-in, Envoy's configuration.

It never imports a service and holds no business rule.
"""
