"""The prepared court of the web tests, for the pages of field staff."""

from tests.delivery.web.conftest import engine, life, moulds, runtime, sign_in_as

__all__ = ["engine", "life", "moulds", "runtime", "sign_in_as"]
