"""What Envoy itself answers: problem documents (RFC 9457) in Chinese. Bodies of services pass untouched."""

from typing import Any

_HIGHEST = 599

_JWKS_UNREACHABLE = "response.code_details.contains('Jwks_remote_fetch')"
"""Envoy answers 401 when it has no keys yet; the caller's token is not to blame."""


def local_reply_config() -> dict[str, Any]:
    """Map Envoy's own replies to problems; the first mapper that fits wins."""
    return {
        "mappers": [
            _mapper(
                _detail_filter(_JWKS_UNREACHABLE),
                503,
                "upstream_unavailable",
                "登录服务暂时不可用",
                "暂时无法核对登录信息，请稍后重试",
            ),
            _mapper(
                _status(401), 401, "unauthenticated", "未登录或登录已过期", "请先登录；登录已过期的请重新登录"
            ),
            # jwt_authn says 403 for a token meant for somebody else; it is a wrong token all the same.
            _mapper(_status(403), 401, "unauthenticated", "未登录或登录已过期", "登录凭证不是签发给本平台的"),
            _mapper(_status(404), 404, "not_found", "没有这个地址", "没有这个地址，请对照接口文档 /docs"),
            _mapper(_status(408), 408, "timeout", "请求超时", "请求没有按时发送完"),
            _mapper(
                _status(413), 413, "payload_too_large", "请求内容过大", "请求内容过大；大文件请用上传接口"
            ),
            _mapper(_status(429), 429, "rate_limited", "请求过于频繁", "请求过于频繁，请稍候再试"),
            _mapper(_status(431), 431, "headers_too_large", "请求头过大", "请求头过大"),
            _mapper(_status(504), 504, "timeout", "处理超时", "服务没有按时答复，请稍后查询结果或重试"),
            _mapper(
                _range(500, _HIGHEST),
                503,
                "upstream_unavailable",
                "服务暂时不可用",
                "服务暂时不可用，请稍后重试",
            ),
            _mapper(_range(400, 499), 400, "bad_request", "请求格式不正确", "请求的地址或格式不符合要求"),
        ]
    }


def _mapper(chosen: dict[str, Any], status: int, code: str, title: str, detail: str) -> dict[str, Any]:
    return {
        "filter": chosen,
        "status_code": status,
        "body_format_override": {
            "content_type": "application/problem+json",
            "omit_empty_values": True,
            "json_format": {
                "type": f"urn:suicha:problem:{code}",
                "title": title,
                "status": status,
                "code": code,
                "detail": detail,
                "instance": "%REQ(X-REQUEST-ID)%",
                "faults": [],
            },
        },
    }


def _comparison(operator: str, status: int) -> dict[str, Any]:
    return {
        "status_code_filter": {
            "comparison": {
                "op": operator,
                "value": {"default_value": status, "runtime_key": f"unset.{operator}.{status}"},
            }
        }
    }


def _status(status: int) -> dict[str, Any]:
    return _comparison("EQ", status)


def _range(lowest: int, highest: int) -> dict[str, Any]:
    return {"and_filter": {"filters": [_comparison("GE", lowest), _comparison("LE", highest)]}}


def _detail_filter(expression: str) -> dict[str, Any]:
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": (
                    "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
                ),
                "expression": expression,
            },
        }
    }
