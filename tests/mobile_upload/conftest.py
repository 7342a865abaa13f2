"""The prepared court of the web tests, for the pages of field staff."""

from tests.delivery.web.conftest import app, life, moulds, pytest_generate_tests, runtime, sign_in_as

__all__ = ["app", "life", "moulds", "pytest_generate_tests", "runtime", "sign_in_as"]
