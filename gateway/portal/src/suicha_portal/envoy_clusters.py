"""What stands behind the gateway: addresses, connections, limits, and when an address is left alone."""

from typing import Any
from urllib.parse import urlsplit

from suicha_portal.gateway_settings import Discovery, GatewaySettings

_TYPE = "type.googleapis.com/envoy."


def cluster(settings: GatewaySettings, name: str, address: str, discovery: Discovery) -> dict[str, Any]:
    """Return the cluster of one service."""
    return {
        "name": name,
        "type": discovery.value,
        "connect_timeout": "2s",
        "per_connection_buffer_limit_bytes": settings.max_body_bytes,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket_address(address)}}]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPE}extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": {"idle_timeout": f"{settings.upstream_idle_seconds}s"},
            }
        },
        "circuit_breakers": {
            "thresholds": [
                {
                    "priority": priority,
                    "max_connections": settings.upstream_requests,
                    "max_pending_requests": settings.upstream_requests,
                    "max_requests": settings.upstream_requests,
                    "max_retries": 16,
                }
                for priority in ("DEFAULT", "HIGH")
            ]
        },
        # Gentle: only what the gateway itself saw fail, never the last half of the addresses.
        "outlier_detection": {
            "consecutive_gateway_failure": 10,
            "enforcing_consecutive_gateway_failure": 100,
            "enforcing_consecutive_5xx": 0,
            "enforcing_success_rate": 0,
            "interval": "5s",
            "base_ejection_time": "5s",
            "max_ejection_percent": 50,
        },
    }


def jwks_cluster(settings: GatewaySettings) -> dict[str, Any]:
    """Return the cluster that signing keys come from: the portal, or the address in the settings."""
    if not settings.jwks_url:
        return cluster(settings, "jwks", settings.portal_address, settings.discovery)
    url = urlsplit(settings.jwks_url)
    secure = url.scheme == "https"
    host = url.hostname or ""
    keys = cluster(settings, "jwks", f"{host}:{url.port or (443 if secure else 80)}", Discovery.STRICT_DNS)
    if secure:
        keys["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": f"{_TYPE}extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "sni": host,
                "auto_sni_san_validation": True,
                "common_tls_context": {
                    "validation_context": {"trusted_ca": {"filename": settings.jwks_ca_file}}
                },
            },
        }
    return keys


def socket_address(address: str) -> dict[str, Any]:
    """Return `host:port` as Envoy writes it."""
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}
