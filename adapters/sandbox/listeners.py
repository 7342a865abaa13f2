"""Who takes a call in the town, and what they do with it: let it ring, hang up, listen, press a key.

Nothing here is consent: people press keys as they press keys.
"""

from dataclasses import dataclass

from adapters.sandbox.chance import Chance
from adapters.sandbox.people import PhoneState
from adapters.sandbox.population import Population
from adapters.twilio_voice import CALL_BACK, HEAR_AGAIN, NOT_ME

_RINGS_OUT = 40
_HANGS_UP_AFTER = 6
_HEARS_IT_OUT = 70


@dataclass(frozen=True, slots=True)
class Course:
    """How one call goes. `seconds` that the line is open, 0 if nobody and nothing takes it; `rings` before that."""

    status: str
    rings: int
    seconds: int = 0
    answered_by: str = ""
    keys: tuple[str, ...] = ()
    heard: bool = False


class Listeners:
    """The people of one population, as far as calls go."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._numbers = population.parameters
        self._chance = Chance(population.seed)

    def course(self, number: str, key: str, *, told_a_code: bool) -> Course:
        """How a call to this number goes; `key` names number and day."""
        numbers, chance = self._numbers, self._chance
        phone = self._population.phones.get(number)
        if phone is None or (
            phone.state is PhoneState.DEAD
            and chance.happens(numbers.sms_undelivered_unknown, number, "unknown-subscriber")
        ):
            return Course("failed", 0)
        if phone.state is PhoneState.DEAD:
            return Course("no-answer", _RINGS_OUT)
        if chance.happens(numbers.call_busy, key, "busy"):
            return Course("busy", 1)
        rings = chance.whole(4, 25, key, "rings-for")
        takes = phone.state is not PhoneState.SILENT and chance.happens(numbers.call_answered, key, "answers")
        if not takes:
            machine = chance.happens(numbers.call_machine, number, "has-voicemail")
            return Course("completed", rings + 15, 5, "machine_start") if machine else Course("no-answer", _RINGS_OUT)
        suspects = numbers.fraud_suspected_after_code if told_a_code else numbers.fraud_suspected
        if chance.happens(suspects, phone.holder or number, "takes-it-for-fraud"):
            return Course("completed", rings, _HANGS_UP_AFTER, "human")
        keys = self._keys(phone.state, number, key)
        return Course("completed", rings, _HEARS_IT_OUT * (1 + len(keys)), "human", keys, heard=True)

    def _keys(self, state: PhoneState, number: str, key: str) -> tuple[str, ...]:
        numbers, chance = self._numbers, self._chance
        if state is PhoneState.STRANGER:
            return (NOT_ME,) if chance.happens(numbers.stranger_says_not_me, number, "presses-not-me") else ()
        weights = {
            (CALL_BACK,): numbers.call_back_wanted,
            (HEAR_AGAIN,): numbers.call_heard_again,
            (HEAR_AGAIN, CALL_BACK): numbers.call_heard_again * numbers.call_back_wanted,
        }
        weights[()] = max(1 - sum(weights.values()), 0)
        return chance.pick(weights, key, "presses")
