"""The faces of the field, named in one place so that the application and the tests see the same set."""

from flask import Blueprint

from mobile_upload import devices, field_api, field_app, packets, pages, uploads


def all_of_the_field() -> tuple[Blueprint, ...]:
    """Every blueprint of this package."""
    return (
        pages.blueprint,
        field_app.blueprint,
        field_api.blueprint,
        packets.blueprint,
        devices.blueprint,
        uploads.make_blueprint(),
    )
