"""The API's own description in OpenAPI 3.1, made from the routes, the policy and the shapes so that it cannot drift."""

from typing import Any

from flask import Blueprint, Response, current_app
from pydantic.json_schema import models_json_schema

from delivery.web import policy
from delivery.web.api import shapes
from delivery.web.api.exchange import answer
from delivery.web.request_state import runtime

blueprint = Blueprint("api_description", __name__, url_prefix="/api/v1")

_BODIES: dict[str, type[shapes.Shape]] = {
    "api_orders.create": shapes.OrderRequest,
    "api_orders.hold": shapes.ReasonRequest,
    "api_orders.cancel": shapes.ReasonRequest,
    "api_orders.hearing": shapes.HearingRequest,
    "api_orders.publish": shapes.PublicationRequest,
    "api_visits.report": shapes.VisitReport,
    "api_visits.slip": shapes.SlipRequest,
    "api_desk.resolve": shapes.ResolveRequest,
    "api_webhooks.create": shapes.WebhookRequest,
    "api_webhooks.replay_failed": shapes.ReplayRequest,
    "api_searches.reply": shapes.SearchReplyRequest,
}
_QUERIES = {
    "api_orders.listing": ("status", "cursor"),
    "api_visits.listing": ("state", "cursor"),
    "api_desk.listing": ("kind", "cursor"),
    "api_webhooks.deliveries": ("endpoint", "status", "type", "cursor"),
    "api_figures.read": ("since", "until"),
    "api_searches.listing": ("state", "order", "cursor"),
}
_BYTES = frozenset({"api_papers.put", "api_papers.replace"})
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
    },
}


@blueprint.get("/openapi.json")
def document() -> Response:
    """The description of every route of the API."""
    return answer(describe())


def describe() -> dict[str, Any]:
    """The OpenAPI document as a mapping."""
    _, schemas = models_json_schema(
        [(shape, "validation") for shape in dict.fromkeys(_BODIES.values())],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith("api_"):
            path = rule.rule.replace("<uuid:", "{").replace(">", "}")
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                paths.setdefault(path, {})[method.lower()] = _operation(rule.endpoint, sorted(rule.arguments))
    return {
        "openapi": "3.1.1",
        "info": {"title": "Songda", "version": "1"},
        "servers": [{"url": runtime().settings.base_url}],
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas["$defs"], "Problem": _PROBLEM},
        },
    }


def _operation(endpoint: str, arguments: list[str]) -> dict[str, Any]:
    view = current_app.view_functions[endpoint]
    row = policy.row_for(endpoint)
    operation: dict[str, Any] = {
        "operationId": endpoint.replace("api_", "").replace(".", "_"),
        "summary": (view.__doc__ or "").split("\n", maxsplit=1)[0],
        "description": f"Scope: {row.scope}" if row.scope else "Open to everybody.",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            for name in arguments
        ]
        + [
            {"name": name, "in": "query", "required": False, "schema": _query(name)}
            for name in _QUERIES.get(endpoint, ())
        ],
        "responses": _responses(endpoint),
    }
    if not row.scope:
        operation["security"] = []
    if endpoint in _BODIES:
        schema = {"$ref": f"#/components/schemas/{_BODIES[endpoint].__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 120},
            }
        )
    if endpoint in _BYTES:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    return operation


def _query(name: str) -> dict[str, str]:
    return {"type": "string", "format": "uuid"} if name in {"cursor", "order"} else {"type": "string"}


def _responses(endpoint: str) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    plain = {"content": {"application/json": {"schema": {"type": "object"}}}}
    codes = ["400", "401", "403", "404", "409", "413", "415", "422"]
    found: dict[str, Any] = {"200": {"description": "Done.", **plain}}
    if endpoint in {"api_orders.create", "api_papers.replace", "api_webhooks.create"}:
        found["201"] = {"description": "Made.", **plain}
    return found | {code: {"description": "A problem, by its code.", **problem} for code in codes}
