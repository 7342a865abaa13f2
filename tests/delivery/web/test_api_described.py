"""The API keeps what its own description says, whatever a program sends: a small run of generated requests."""

import hashlib
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from delivery.runtime import Runtime
from delivery.store.accounts import ApiKey
from delivery.store.courts import court_by_code

EXAMPLES = 4
KEY = "key-of-the-description"
SCOPES = "orders:write orders:read visits slips desk searches publications figures imports webhooks role:court_officer"


@pytest.fixture
def described(app: Flask, runtime: Runtime) -> BaseSchema:
    """The description, as a program reads it."""
    with runtime.transaction() as session:
        court = court_by_code(session, "qinghe")
        assert court is not None
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        session.add(ApiKey(court_id=court.id, key_hash=digest, label="x", scopes=SCOPES, created_at=runtime.now()))
    found = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    assert isinstance(found, BaseSchema)
    return found


def test_every_answer_is_as_described(described: BaseSchema) -> None:
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 14
    for operation in operations:
        _hold(operation)


def _hold(operation: schemathesis.schemas.APIOperation[Any, Any, Any, Any]) -> None:
    """A few requests to one operation, each answered as the description says."""

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answered(case: schemathesis.Case[Any]) -> None:
        # What makes a case number or an identity number right is more than a description can say: refusing is right.
        case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, excluded_checks=[positive_data_acceptance])

    answered()
