"""The JSON API `/api/v1`.

Hashed and scoped keys, problem+json, idempotency keys, cursors; described by its own OpenAPI document.
"""

from flask import Blueprint

from delivery.web.api import description, desk, figures, orders, papers, searches, visits, webhooks

BLUEPRINTS: tuple[Blueprint, ...] = (
    orders.blueprint,
    papers.blueprint,
    visits.blueprint,
    desk.blueprint,
    figures.blueprint,
    searches.blueprint,
    webhooks.blueprint,
    description.blueprint,
)
