"""The tables of the carriers say what the collected facts say of them, in our words."""

import json
from pathlib import Path

from adapters.ems_codes import table
from delivery.domain.event import EventKind
from delivery.domain.mail import MailReason, RecipientClass

VECTORS = Path(__file__).parent / "vectors"
# The vocabulary of the facts in ours: customs is a way station, an interception is a person's business.
EVENTS = {
    "order_accepted": EventKind.POST_ACCEPTED,
    "order_cancelled": EventKind.POST_CANCELLED,
    "posted": EventKind.POSTED,
    "in_transit": EventKind.POST_IN_TRANSIT,
    "arrived_delivery_office": EventKind.POST_AT_OFFICE,
    "out_for_delivery": EventKind.POST_OUT,
    "attempt_failed": EventKind.POST_ATTEMPT_FAILED,
    "awaiting_collection": EventKind.POST_AWAITING_COLLECTION,
    "delivered": EventKind.POST_DELIVERED,
    "refused": EventKind.POST_REFUSED,
    "return_initiated": EventKind.POST_RETURNING,
    "in_return_transit": EventKind.POST_RETURNING,
    "returned_to_sender": EventKind.POST_RETURNED,
    "address_changed": EventKind.POST_ADDRESS_CHANGED,
    "intercepted": EventKind.POST_EXCEPTION,
    "lost": EventKind.POST_LOST,
    "damaged": EventKind.POST_DAMAGED,
    "exception": EventKind.POST_EXCEPTION,
    "reversal": EventKind.POST_REVERSED,
    "proof_available": EventKind.POST_PROOF_AVAILABLE,
    "information": EventKind.INFORMATION,
}
CUSTOMS = {EventKind.POST_IN_TRANSIT, EventKind.POST_EXCEPTION}


def _read(name: str) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def test_every_code_of_china_post_means_what_the_facts_say() -> None:
    facts, ours = _read("postal_map_chinapost.json"), table()
    for theirs, name in (
        ("op_code", "op_code"),
        ("deliver_code", "deliver_code"),
        ("attempt_delivery_code", "attempt_delivery_code"),
        ("legacy_action", "action"),
    ):
        assert set(facts[theirs]) == set(ours[name])
        for code, fact in facts[theirs].items():
            row = ours[name][code]
            kinds = CUSTOMS if fact["event"] == "customs" else {EVENTS[fact["event"]]}
            assert EventKind(row["kind"]) in kinds, (name, code)
            assert row.get("reverses", []) == fact.get("reverses", []), (name, code)
            for word in ("recipient_class", "reason"):
                if word in fact and not fact[word].startswith("from "):  # 704 and 705: it stands in a code beside
                    assert row[word] == fact[word], (name, code)


def test_the_vocabulary_is_the_facts() -> None:
    words = _read("postal_vocabulary.json")
    assert set(words["events"]) == {*EVENTS, "customs"}
    assert set(words["recipient_class"]) == set(RecipientClass)
    assert set(words["reason"]) == set(MailReason)
