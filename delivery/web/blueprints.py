"""The pages of the core, named in one place so that the application and the tests see the same set."""

from flask import Blueprint

from delivery.web import home, operations, portal, portal_check, portal_notice, sign_in
from delivery.web.api import BLUEPRINTS as API
from delivery.web.console import (
    addresses,
    calls,
    case,
    case_system,
    checklist,
    desk,
    exhaustion,
    firm,
    hearings,
    imports,
    law,
    notices,
    officer,
    order,
    orders,
    photos,
    positions,
    provider_states,
    searches,
    sending,
    service_sheet,
    success,
)


def all_of_the_core() -> tuple[Blueprint, ...]:
    """Every blueprint that lies in `delivery.web`."""
    return (
        operations.blueprint,
        sign_in.blueprint,
        home.blueprint,
        orders.blueprint,
        order.blueprint,
        addresses.blueprint,
        positions.blueprint,
        searches.blueprint,
        exhaustion.blueprint,
        case.blueprint,
        imports.blueprint,
        desk.blueprint,
        calls.blueprint,
        notices.blueprint,
        officer.blueprint,
        service_sheet.blueprint,
        law.blueprint,
        checklist.blueprint,
        success.blueprint,
        photos.blueprint,
        hearings.blueprint,
        provider_states.blueprint,
        sending.blueprint,
        case_system.blueprint,
        firm.blueprint,
        portal.blueprint,
        portal_check.blueprint,
        portal_notice.blueprint,
        *API,
    )
