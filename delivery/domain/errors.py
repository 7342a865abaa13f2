"""The tree of errors, ordered by the one question that matters when something goes wrong.

Could the other side have received it? `SendError` is raised by providers, `CallbackError` by receivers, `RequestError`
by edges and use-cases towards a person or an API client, `IntegrityFault` by whatever finds that the record does not
hold. Nothing here carries a name, a number or an address.
"""

from collections.abc import Mapping
from datetime import timedelta


class SongdaError(Exception):
    """Everything that Songda raises on purpose."""


class SendError(SongdaError):
    """A provider could not be made to carry a message. `reason` is a stable code, `detail` a short provider code."""

    def __init__(self, reason: str, *, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Transient(SendError):
    """Surely not accepted; the same message may go again, not before `retry_after` when the provider named a span."""

    def __init__(self, reason: str, *, detail: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(reason, detail=detail)
        self.retry_after = retry_after


class Permanent(SendError):
    """Surely not accepted, and this address will not work: escalate now."""


class Misconfigured(SendError):
    """Our side is wrong (credentials, sender, balance): pause the provider, tell the desk, burn no attempt."""


class OutcomeUnknown(SendError):
    """It may have been accepted: never sent again blindly."""


class CallbackError(SongdaError):
    """An inbound request that cannot be used."""


class InvalidSignature(CallbackError):
    """The request did not prove that it comes from the provider."""


class MalformedCallback(CallbackError):
    """Authentic, but not of the provider's documented form: kept, and shown on the desk."""


class UnknownReference(CallbackError):
    """Authentic, but about something that we do not know (yet): kept, tried again, then shown on the desk."""


class RequestError(SongdaError):
    """What a person or an API client asked for cannot be done.

    `code` is stable, `arguments` fill the words in both languages; `status` is the answer over HTTP.
    """

    usual_code = "refused"
    usual_status = 400

    def __init__(
        self,
        code: str = "",
        *,
        status: int | None = None,
        errors: tuple[Mapping[str, str], ...] = (),
        **arguments: str | int,
    ) -> None:
        self.code = code or self.usual_code
        super().__init__(self.code)
        self.status = status or self.usual_status
        self.errors = errors
        self.arguments = arguments


class BadValue(RequestError):
    """A value, as somebody wrote it, cannot be taken. The words for every code name the cure."""

    usual_status = 422


class NotFound(RequestError):
    """No such thing for this caller; the answer never tells whether another court has it."""

    usual_code = "not_found"
    usual_status = 404


class Conflict(RequestError):
    """The thing has moved on since the caller looked."""

    usual_status = 409


class Forbidden(RequestError):
    """The caller's role does not allow this act."""

    usual_code = "forbidden"
    usual_status = 403


class IntegrityFault(SongdaError):
    """The record does not hold: a broken chain, a blob that differs from its name. Never swallowed."""
