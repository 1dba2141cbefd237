"""Envoy's whole configuration as a pure function of the settings: the same locally, in Docker and elsewhere.

`python -m suicha_portal.envoy_config > envoy.yaml` prints it. Envoy verifies tokens as a second line of
defence (every service verifies them again), limits rates, sets the request id and breaks circuits. It holds no
business rule.

Shutdown without cutting anybody off: `POST /drain_listeners?graceful` on the admin port, wait `drain_seconds`,
then `POST /quitquitquit`.
"""

import sys
from typing import Any

import yaml

from suicha_portal.envoy_clusters import cluster, jwks_cluster, socket_address
from suicha_portal.envoy_replies import local_reply_config
from suicha_portal.envoy_routes import PROTECTED, virtual_host
from suicha_portal.gateway_settings import GatewaySettings

_TYPE = "type.googleapis.com/envoy."
_SERVICES = ("registry", "draw", "inspection", "disclosure", "portal")
_MANY_CLIENTS = 20_000
_CLOCK_SKEW_SECONDS = 60
"""What Envoy grants tokens in its cache, so it holds for all; the services themselves grant nothing."""
_ASIDE = "x-suicha-valid-request-id"
_REQUEST_ID = "request.headers['x-request-id']"
_VALID_REQUEST_ID = f"{_REQUEST_ID}.matches('^[0-9A-Za-z-]+$') && size({_REQUEST_ID}) <= 64"


def render(settings: GatewaySettings) -> dict[str, Any]:
    """Return Envoy's static bootstrap configuration."""
    return {
        "admin": {"address": socket_address(f"127.0.0.1:{settings.admin_port}")},
        "static_resources": {
            "listeners": [
                {
                    "name": "gateway",
                    "address": socket_address(f"{settings.host}:{settings.port}"),
                    "per_connection_buffer_limit_bytes": settings.max_body_bytes,
                    "filter_chains": [{"filters": [_connection_manager(settings)]}],
                }
            ],
            "clusters": [
                *(
                    cluster(settings, name, getattr(settings, f"{name}_address"), settings.discovery)
                    for name in _SERVICES
                ),
                jwks_cluster(settings),
            ],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": f"{_TYPE}extensions.resource_monitors.downstream_connections.v3"
                        ".DownstreamConnectionsConfig",
                        "max_active_downstream_connections": 10_000,
                    },
                }
            ]
        },
    }


def arguments(settings: GatewaySettings, config_path: str) -> list[str]:
    """Return the command that runs Envoy on a rendered file; two copies can run beside each other."""
    return [
        *("envoy", "--config-path", config_path),
        *("--concurrency", str(settings.concurrency)),
        *("--drain-time-s", str(settings.drain_seconds)),
        *("--log-level", "warning"),
        "--disable-hot-restart",
    ]


def _connection_manager(settings: GatewaySettings) -> dict[str, Any]:
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": f"{_TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "gateway",
            "codec_type": "AUTO",
            "use_remote_address": True,
            "xff_num_trusted_hops": settings.trusted_proxies,
            "normalize_path": True,
            "merge_slashes": True,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            "common_http_protocol_options": {
                "idle_timeout": "60s",
                "headers_with_underscores_action": "REJECT_REQUEST",
            },
            "http2_protocol_options": {"max_concurrent_streams": 128},
            "max_request_headers_kb": 32,
            "request_headers_timeout": "10s",
            "stream_idle_timeout": "60s",
            "drain_timeout": f"{settings.drain_seconds}s",
            "server_header_transformation": "PASS_THROUGH",
            "preserve_external_request_id": True,
            "always_set_request_id_in_response": True,
            "request_id_extension": {
                "typed_config": {
                    "@type": f"{_TYPE}extensions.request_id.uuid.v3.UuidRequestIdConfig",
                    # Else Envoy writes its tracing decision into a digit of the caller's id.
                    "pack_trace_reason": False,
                }
            },
            "early_header_mutation_extensions": [_drop_invalid_request_id()],
            "local_reply_config": local_reply_config(),
            "access_log": [_access_log()],
            "route_config": {
                "name": "routes",
                "virtual_hosts": [virtual_host(settings)],
                "response_headers_to_remove": ["server", "x-powered-by", "x-envoy-upstream-service-time"],
            },
            "http_filters": _filters(settings),
        },
    }


def _filters(settings: GatewaySettings) -> list[dict[str, Any]]:
    """Filters in the order in which a request meets them; each refusal is cheaper than what follows it."""
    return [
        _filter(
            "health_check",
            "health_check.v3.HealthCheck",
            pass_through_mode=False,
            headers=[{"name": ":path", "string_match": {"exact": "/healthz"}}],
        ),
        _filter("cors", "cors.v3.Cors"),
        _rate_limit(settings, "address", settings.address_rate, {"remote_address": {}}, "remote_address"),
        _filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", **_authentication(settings)),
        _rate_limit(settings, "client", settings.client_rate, _SUBJECT, "subject"),
        _filter("buffer", "buffer.v3.Buffer", max_request_bytes=settings.max_body_bytes),
        _filter("router", "router.v3.Router", suppress_envoy_headers=True),
    ]


def _filter(name: str, message: str, **config: Any) -> dict[str, Any]:
    return {
        "name": f"envoy.filters.http.{name}",
        "typed_config": {"@type": f"{_TYPE}extensions.filters.http.{message}", **config},
    }


def _authentication(settings: GatewaySettings) -> dict[str, Any]:
    url = settings.jwks_url or f"http://{settings.portal_address}/.well-known/jwks.json"
    return {
        "providers": {
            "suicha": {
                "issuer": settings.issuer,
                "audiences": [settings.audience],
                "forward": True,
                "require_expiration": True,
                "clock_skew_seconds": _CLOCK_SKEW_SECONDS,
                "payload_in_metadata": "token",
                # A signature costs more to verify than all the rest of a request; expiry is always checked.
                "jwt_cache_config": {"jwt_cache_size": 2_000},
                "remote_jwks": {
                    "http_uri": {"uri": url, "cluster": "jwks", "timeout": "5s"},
                    "cache_duration": f"{settings.jwks_cache_seconds}s",
                    "async_fetch": {"fast_listener": False, "failed_refetch_duration": "1s"},
                },
            }
        },
        "rules": [
            {"match": {"path_separated_prefix": prefix}, "requires": {"provider_name": "suicha"}}
            for prefix in PROTECTED
        ],
        "bypass_cors_preflight": True,
    }


_SUBJECT: dict[str, Any] = {
    "metadata": {
        "descriptor_key": "subject",
        "metadata_key": {"key": "envoy.filters.http.jwt_authn", "path": [{"key": "token"}, {"key": "sub"}]},
        "source": "DYNAMIC",
        "skip_if_absent": True,
    }
}
"""Who the token says is calling; requests without a token have no such limit."""


def _rate_limit(
    settings: GatewaySettings, name: str, per_second: int, action: dict[str, Any], key: str
) -> dict[str, Any]:
    """Limit each client by a token bucket of its own; an entry without value stands for every value."""
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return {
        "name": f"envoy.filters.http.local_ratelimit.{name}",
        "typed_config": {
            "@type": f"{_TYPE}extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": name,
            "token_bucket": {"max_tokens": 2**32 - 1, "tokens_per_fill": 2**32 - 1, "fill_interval": "1s"},
            "always_consume_default_token_bucket": False,
            "filter_enabled": always,
            "filter_enforced": always,
            "rate_limits": [{"actions": [action]}],
            "max_dynamic_descriptors": _MANY_CLIENTS,
            "descriptors": [
                {
                    "entries": [{"key": key}],
                    "token_bucket": {
                        "max_tokens": per_second * settings.burst_factor,
                        "tokens_per_fill": per_second,
                        "fill_interval": "1s",
                    },
                }
            ],
            "response_headers_to_add": [
                {
                    "header": {"key": "retry-after", "value": "1"},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                }
            ],
        },
    }


def _drop_invalid_request_id() -> dict[str, Any]:
    """Take a request id away that is not one; Envoy then makes its own.

    A header cannot be removed on a condition, so a valid id is put aside, the header removed, the id put back:
    adding an empty value adds nothing.
    """
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": f"{_TYPE}extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [
                {"remove": _ASIDE},
                _add_header(_ASIDE, f"%CEL({_VALID_REQUEST_ID} ? {_REQUEST_ID} : '')%"),
                {"remove": "x-request-id"},
                _add_header("x-request-id", f"%REQ({_ASIDE})%"),
                {"remove": _ASIDE},
            ],
        },
    }


def _add_header(key: str, value: str) -> dict[str, Any]:
    return {"append": {"header": {"key": key, "value": value}, "append_action": "ADD_IF_ABSENT"}}


def _access_log() -> dict[str, Any]:
    """One JSON line a request, without query strings, tokens, addresses or names."""
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": f"{_TYPE}extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {
                "json_format": {
                    "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
                    "request_id": "%REQ(X-REQUEST-ID)%",
                    "method": "%REQ(:METHOD)%",
                    "path": "%PATH(NQ)%",
                    "status": "%RESPONSE_CODE%",
                    "flags": "%RESPONSE_FLAGS%",
                    "cluster": "%UPSTREAM_CLUSTER%",
                    "milliseconds": "%DURATION%",
                    "received_bytes": "%BYTES_RECEIVED%",
                    "sent_bytes": "%BYTES_SENT%",
                }
            },
        },
    }


def main() -> None:
    """Print the configuration that GATEWAY_* asks for."""
    yaml.safe_dump(render(GatewaySettings()), sys.stdout, allow_unicode=True, sort_keys=False)


if __name__ == "__main__":
    main()
