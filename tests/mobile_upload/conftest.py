"""The prepared court of the web tests, for the pages of field staff."""

from tests.delivery.web.conftest import life, moulds, pytest_generate_tests, runtime, sign_in_as

__all__ = ["life", "moulds", "pytest_generate_tests", "runtime", "sign_in_as"]
