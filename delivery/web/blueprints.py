"""The pages of the core, named in one place so that the application and the tests see the same set."""

from flask import Blueprint

from delivery.web import home, operations, sign_in


def all_of_the_core() -> tuple[Blueprint, ...]:
    """Every blueprint that lies in `delivery.web`."""
    return (operations.blueprint, sign_in.blueprint, home.blueprint)
