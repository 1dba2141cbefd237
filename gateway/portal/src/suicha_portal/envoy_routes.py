"""The gateway's addresses: which prefix goes to which service, what needs a token, how long it may take."""

from typing import Any

from suicha_portal.gateway_settings import GatewaySettings

PROTECTED: dict[str, str] = {
    "/registry/v1": "registry",
    "/draw/v1": "draw",
    "/inspection/v1": "inspection",
    "/disclosure/v1": "disclosure",
}
"""Prefix → service; every request needs a valid token."""

PUBLIC: dict[str, str] = {
    "/public/draws": "draw",
    "/public/log": "draw",
    "/public/plans": "draw",
    "/public/code-sets": "registry",
    "/public/due-dates": "registry",
    "/public/items": "registry",
    "/public/rulesets": "registry",
    "/public/results": "disclosure",
    "/public/statistics": "disclosure",
    "/openapi.json": "portal",
    "/docs": "portal",
    "/.well-known/jwks.json": "portal",
    "/auth": "portal",
}
"""Prefix → service; open to everyone. Anything else (/metrics, /livez, /readyz, …) does not exist outside."""

UPLOADS = ("/registry/v1/uploads", "/inspection/v1/uploads")
"""PUT below these streams through without being buffered; the service bounds its size."""

EVENTS = r"/draw/v1/rounds/[^/]+/events"
"""Server-sent events of a round: open for as long as both sides like."""

COUNTING = (
    r"/draw/v1/(gauges|gauges\.svg|plans/[^/]+/(check|merges|simulation|simulation/page|submit|approve|adjustments"
    r"|adjustments/[^/]+/approve))"
)
"""What counts the whole register before its first byte: the service bounds it and says when it gives up."""

NO_LIMIT = "0s"
_CORS_REQUEST = "authorization,content-type,if-match,if-none-match,idempotency-key,x-request-id"
_CORS_EXPOSED = "etag,if-match,idempotency-key,location,retry-after,x-request-id"
_BUFFER_OFF = {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
    "disabled": True,
}


def virtual_host(settings: GatewaySettings) -> dict[str, Any]:
    """Return the one virtual host; the first route that fits is taken."""
    routes = [_events(), _counting(settings)]
    routes += [_upload(settings, prefix, PROTECTED[prefix.rpartition("/")[0]]) for prefix in UPLOADS]
    routes += [_service(settings, prefix, service) for prefix, service in (PROTECTED | PUBLIC).items()]
    routes.append({"match": {"prefix": "/"}, "direct_response": {"status": 404}})
    return {
        "name": "suicha",
        "domains": ["*"],
        "routes": routes,
        "typed_per_filter_config": {"envoy.filters.http.cors": _cors(settings)},
    }


def _service(settings: GatewaySettings, prefix: str, service: str) -> dict[str, Any]:
    return {
        "match": {"path_separated_prefix": prefix},
        "route": _to(service, f"{settings.first_byte_seconds}s", f"{settings.transfer_seconds}s"),
    }


def _upload(settings: GatewaySettings, prefix: str, service: str) -> dict[str, Any]:
    transfer = f"{settings.transfer_seconds}s"
    return {
        "match": {
            "path_separated_prefix": prefix,
            "headers": [{"name": ":method", "string_match": {"exact": "PUT"}}],
        },
        "route": _to(service, transfer, transfer),
        "typed_per_filter_config": {"envoy.filters.http.buffer": _BUFFER_OFF},
    }


def _events() -> dict[str, Any]:
    return {
        "match": {"safe_regex": {"regex": EVENTS}},
        # Streams that stay open count against limits of their own, so they cannot starve requests.
        "route": _to("draw", NO_LIMIT, NO_LIMIT) | {"idle_timeout": NO_LIMIT, "priority": "HIGH"},
    }


def _counting(settings: GatewaySettings) -> dict[str, Any]:
    wait = f"{settings.counting_seconds}s"
    return {
        "match": {"safe_regex": {"regex": COUNTING}},
        "route": _to("draw", wait, f"{settings.transfer_seconds}s") | {"idle_timeout": wait},
    }


def _to(service: str, first_byte: str, whole: str) -> dict[str, Any]:
    """Route to a service.

    Envoy lets a try run on once its answer has begun, so the timeout of a try bounds the wait for the first
    byte and the timeout of the route the whole transfer: a slow client may download a large file, and a
    service that does not answer is given up early. Only GET is tried again, and only when no connection came
    about, so nothing can be done twice.
    """
    return {
        "cluster": service,
        "timeout": whole,
        "retry_policy": {
            "retry_on": "connect-failure",
            "num_retries": 2,
            "per_try_timeout": first_byte,
            "retriable_request_headers": [{"name": ":method", "string_match": {"exact": "GET"}}],
            "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
        },
    }


def _cors(settings: GatewaySettings) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in settings.cors_origins],
        "allow_methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
        "allow_headers": _CORS_REQUEST,
        "expose_headers": _CORS_EXPOSED,
        "max_age": "600",
    }
