"""The town's registers while they are being filled: parties, firms, telephones, mailboxes and doors, each unique."""

from adapters.sandbox import codes, names
from adapters.sandbox.chance import Chance, name_of
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.people import (
    BoxKind,
    Door,
    DoorState,
    Firm,
    Kind,
    Mailbox,
    Party,
    Phone,
    PhoneState,
    Place,
)

_TOP_FIRMS = 5
_LARGEST_FIRM = 40


class Registers:
    """Fills the registers. What a key gets depends on it alone; collisions are settled in the order of asking."""

    def __init__(self, chance: Chance, parameters: Parameters) -> None:
        self.chance = chance
        self.parameters = parameters
        self.parties: dict[str, Party] = {}
        self.firms: dict[str, Firm] = {}
        self.phones: dict[str, Phone] = {}
        self.mailboxes: dict[str, Mailbox] = {}
        self.doors: dict[str, Door] = {}
        self._id_numbers: set[str] = set()
        for number in range(max(int(parameters.firms), 2)):
            self._found_firm(number)

    def person(self, key: str) -> Party:
        """A natural person, once drawn always the same."""
        name, letters = names.person_name(self.chance, key)
        return self._settle(key, Kind.NATURAL, name, (letters, "@youxiang.example"))

    def company(self, key: str) -> Party:
        """An organisation that is sued."""
        name, letters = names.company_name(self.chance, key)
        return self._settle(key, Kind.ORGANISATION, name, (f"office@{letters}", ".qiye.example"))

    def institution(self, key: str) -> Party:
        """An organisation that sues often: the same one comes back in many cases."""
        chosen = names.institutions()
        number = self.chance.whole(0, len(chosen) - 1, key, "institution")
        party_key = f"i{number:02d}"
        return self._settle(party_key, Kind.ORGANISATION, chosen[number], ("fawu@jigou", ".example"))

    def some_firm(self, key: str, *, other_than: str) -> Firm:
        """A law firm by its share of the cases; never the one on the other side."""
        keys = list(self.firms)
        top = self.parameters.firms_top_five
        weights = {
            firm: top / _TOP_FIRMS if index < _TOP_FIRMS else (1 - top) / max(len(keys) - _TOP_FIRMS, 1)
            for index, firm in enumerate(keys)
            if firm != other_than
        }
        return self.firms[self.chance.pick(weights, key, "firm")]

    def listed_phone(self, key: str, party: Party, *, good: float | None) -> str:
        """The number that the docket has for the party; `good`: how often it is right if the party gave it."""
        numbers, chance = self.parameters, self.chance
        weights = {
            PhoneState.HIS: numbers.phone_his,
            PhoneState.SILENT: numbers.phone_silent,
            PhoneState.DEAD: numbers.phone_dead,
            PhoneState.STRANGER: numbers.phone_stranger,
        }
        if good is not None and chance.happens(good, key, "phone-good"):
            return party.mobile
        state = chance.pick(weights, key, "phone")
        if state is PhoneState.HIS:
            return party.mobile
        if state is PhoneState.SILENT:
            self.phones[party.mobile] = Phone(party.mobile, state, party.key)
            return party.mobile
        number = self._free_number(f"{key}-{state.value}")
        self.phones[number] = Phone(number, state, "")
        return number

    def listed_door(self, key: str, party: Party, *, right: float) -> Place:
        """The address that the docket has for the party."""
        if self.chance.happens(right, key, "door-right"):
            return party.home
        moved = self.chance.happens(self.parameters.address_wrong_is_moved, key, "door-moved")
        state = DoorState.MOVED if moved else DoorState.VOID
        far = self.chance.happens(self.parameters.out_of_area, key, "door-far")
        return self._free_door(f"{key}-{state.value}", state, party, far=far)

    def false_door(self, key: str, party: Party) -> Place:
        """An address far away that never was the party's."""
        return self._free_door(f"{key}-{DoorState.VOID.value}", DoorState.VOID, party, far=True)

    def openid(self, party: Party) -> str:
        """The party's name with the court's official account."""
        return f"openid:o{name_of(self.chance.seed, party.key, 'openid', length=27)}"

    def registered_door(self, party: Party) -> Place:
        """The party's domicile in the register: its home, or one that it left without telling anybody."""
        numbers = self.parameters
        natural = party.kind is Kind.NATURAL
        current = numbers.register_current_natural if natural else numbers.register_current_organisation
        if self.chance.happens(current, party.key, "registered-at-home"):
            return party.home
        far = self.chance.happens(numbers.out_of_area, party.key, "registered-far")
        return self._free_door(f"{party.key}-registered", DoorState.MOVED, party, far=far)

    def _settle(self, key: str, kind: Kind, name: str, mail: tuple[str, str]) -> Party:
        if key in self.parties:
            return self.parties[key]
        far = self.chance.happens(self.parameters.out_of_area, key, "home-far")
        make = codes.resident_number if kind is Kind.NATURAL else codes.unified_code
        ordinal = 0
        while (id_number := make(self.chance, key, ordinal)) in self._id_numbers:
            ordinal += 1
        self._id_numbers.add(id_number)
        mobile, email = self._free_number(key), self._free_mailbox(key, *mail)
        nowhere = Place("", "", "", "")
        party = Party(key, kind, name, id_number, mobile, email, nowhere)
        home = self._free_door(key, DoorState.RIGHT, party, far=far)
        party = Party(key, kind, name, id_number, mobile, email, home)
        self.parties[key] = party
        self.phones[mobile] = Phone(mobile, PhoneState.HIS, key)
        person = kind is Kind.NATURAL
        bounce = self.parameters.bounce_person if person else self.parameters.bounce_company
        box = BoxKind.PERSON if person else BoxKind.COMPANY
        self.mailboxes[email] = Mailbox(email, box, self.chance.happens(bounce, key, "bounces"), key)
        return party

    def _found_firm(self, number: int) -> None:
        key = f"f{number:02d}"
        name, letters = names.firm_name(number)
        size = _LARGEST_FIRM if number == 0 else self.chance.whole(3, 14, key, "size")
        lawyers = tuple(names.person_name(self.chance, f"{key}-{member}")[0] for member in range(size))
        email = f"songda@{letters}.lvsuo.example"
        member = self.chance.happens(self.parameters.firm_has_wechat, key, "wechat")
        self.firms[key] = Firm(key, name, email, lawyers, f"wecom:{letters}" if member else "")
        self.mailboxes[email] = Mailbox(email, BoxKind.FIRM, bounces=False, holder=key)

    def _free_number(self, key: str) -> str:
        ordinal = 0
        while (number := codes.mobile_number(self.chance, key, ordinal)) in self.phones:
            ordinal += 1
        return number

    def _free_mailbox(self, key: str, before: str, behind: str) -> str:
        ordinal = 0
        while (address := f"{before}{self.chance.whole(10, 999, key, 'mailbox', ordinal)}{behind}") in self.mailboxes:
            ordinal += 1
        return address

    def _free_door(self, key: str, state: DoorState, party: Party, *, far: bool) -> Place:
        ordinal = 0
        business = party.kind is Kind.ORGANISATION
        while (place := names.place(self.chance, key, far=far, business=business, ordinal=ordinal)).text in self.doors:
            ordinal += 1
        self.doors[place.text] = Door(place, state, party.key, in_area=not far)
        return place
