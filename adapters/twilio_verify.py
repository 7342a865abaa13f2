"""Twilio's Verify: a one-time code by text for somebody who is on a page of ours, and whether it was typed right.

Twilio makes the code, words the message and counts the tries; we learn neither the code nor more than the answer. It
carries nothing else, so no plan and no fail-over ever picks it. A verification lives ten minutes; what is asked for
again meanwhile is the same code in another text.
"""

import re
from dataclasses import replace
from functools import cached_property
from typing import Any

from adapters.faults import Fault, Meaning, refusal
from adapters.twilio import Settings, ask_sdk, sdk_client
from adapters.twilio_codes import CHECK_ERRORS, VERIFICATIONS, VERIFY_ERRORS
from delivery.domain.errors import OutcomeUnknown, Permanent
from delivery.domain.event import Channel
from delivery.providers import Capabilities, CodeAnswer, Message, Submission

NAME = "twilio_verify"
_A_PERSON_WAITS = 8.0  # seconds at most: whoever asked for the code looks at a page that loads
_LOCALES = {"zh": "zh-CN", "en": "en"}
_CODE = re.compile(r"[0-9]{4,10}")
_LONGEST_SID = 40


class TwilioVerify:
    """One-time codes by Twilio. Neither idempotent nor askable: asked twice, it texts twice, and keeps no list."""

    name = NAME
    capabilities = Capabilities(Channel.SMS, idempotent=False, askable=False, abroad=True, codes=True)

    def __init__(self, settings: Settings) -> None:
        self._settings = replace(settings, timeout_seconds=min(settings.timeout_seconds, _A_PERSON_WAITS))

    @cached_property
    def _service(self) -> Any:  # noqa: ANN401 - the SDK has no types
        return sdk_client(self._settings).verify.v2.services(self._settings.verify_service)

    def submit(self, message: Message) -> Submission:
        """Have a code texted to `message.to`; its words are Twilio's, in the language of the message."""
        if not message.to:
            raise Permanent("address_missing")
        fields = {"to": message.to, "channel": "sms", "locale": _LOCALES.get(message.language, "en")}
        made = ask_sdk(lambda: self._service.verifications.create(**fields), VERIFY_ERRORS)
        if VERIFICATIONS.get(str(made.status)) is CodeAnswer.OVER:
            raise refusal(Meaning(Fault.UNKNOWN, "refused"), detail=str(made.status))
        if not isinstance(made.sid, str) or not made.sid:
            raise OutcomeUnknown("answer_unreadable")
        return Submission(made.sid[:_LONGEST_SID])

    def ask(self, message: Message) -> Submission | None:  # noqa: ARG002 - nothing tells one verification from another
        """Nobody can tell whether a code went out; whoever waits for it asks for another."""
        raise OutcomeUnknown("not_askable")

    def check(self, to: str, code: str) -> CodeAnswer:
        """Ask whether this is the code that was last texted to the number. What cannot be one is not asked about."""
        if not _CODE.fullmatch(code):
            return CodeAnswer.WRONG
        try:
            found = ask_sdk(lambda: self._service.verification_checks.create(to=to, code=code), CHECK_ERRORS)
        except Permanent as error:
            if error.reason not in _ANSWERS:
                raise
            return _ANSWERS[error.reason]
        answer = VERIFICATIONS.get(str(found.status))
        if answer is None:
            raise OutcomeUnknown("answer_unreadable")
        return answer


_ANSWERS = {"code_wrong": CodeAnswer.WRONG, "code_over": CodeAnswer.OVER}
