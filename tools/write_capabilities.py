"""Writes `docs/capabilities.md` from what the adapters say of themselves: run it after a table changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from adapters.aliyun import AliyunSms
from adapters.aliyun_codes import RECEIPTS as ALIYUN_RECEIPTS
from adapters.aliyun_codes import REFUSALS as ALIYUN_REFUSALS
from adapters.ems import Ems
from adapters.ems_codes import table
from adapters.faults import Fault, Meaning
from adapters.kuaidi100 import Kuaidi100
from adapters.kuaidi100_codes import STATES as WATCHED
from adapters.smtp import SUBJECTS, Smtp
from adapters.tencent import TencentSms
from adapters.tencent_codes import RECEIPTS as TENCENT_RECEIPTS
from adapters.tencent_codes import REFUSALS as TENCENT_REFUSALS
from adapters.twilio import TwilioSms
from adapters.twilio_codes import (
    ANSWERED_BY,
    CALL_ERRORS,
    CALL_STATUSES,
    CHECK_ERRORS,
    ERRORS,
    STATUSES,
    VERIFICATIONS,
    VERIFY_ERRORS,
)
from adapters.twilio_verify import TwilioVerify
from adapters.twilio_voice import TwilioVoice
from adapters.wechat import WeChatTemplates
from adapters.wechat_codes import ERRORS as WECHAT_ERRORS
from adapters.wechat_codes import FAILURES as WECHAT_FAILURES
from adapters.wechat_codes import STATUSES as WECHAT_STATUSES
from adapters.wecom import WeComCards
from adapters.wecom_codes import BUTTONS
from adapters.wecom_codes import ERRORS as WECOM_ERRORS
from delivery.providers import Capabilities
from webhooks.aliyun import AliyunReceiver
from webhooks.ems import EmsReceiver, JdptReceiver, LegacyReceiver
from webhooks.kuaidi100 import Kuaidi100Receiver
from webhooks.smtp import ACTIONS, SmtpReceiver
from webhooks.tencent import TencentReceiver
from webhooks.twilio import TwilioReceiver
from webhooks.twilio_voice import TwilioVoiceReceiver
from webhooks.wechat import WeChatReceiver
from webhooks.wecom import WeComReceiver

PAGE = Path(__file__).parent.parent / "docs" / "capabilities.md"

HEAD = """\
# What each provider can do

Written by `tools/write_capabilities.py` from the adapters themselves; a test holds that it is up to date.

*Idempotent*: the same key again never makes a second message, so a lost answer is cured by sending again.
*Askable*: the provider can say whether it took a message. One that is neither leaves an unknown outcome to a person.
*Data leave the mainland*: "no" holds at the provider's own address in the mainland; any other counts as abroad unless
`SONGDA_..._INSIDE` says otherwise, and so does a mail relay with a public name.
"""

FAULTS = {
    Fault.ADDRESS: "the number or mailbox does not work, for anybody; lowers the address",
    Fault.RECIPIENT: "it works, but its holder wants nothing from us",
    Fault.ROUTE: "this provider cannot reach it; another may",
    Fault.CONTENT: "the text was refused, on the way or there",
    Fault.PASSING: "off, full, busy: later it may work",
    Fault.OURS: "account, sender, balance: the provider is paused",
    Fault.UNKNOWN: "a failure without a cause that we know",
}


HINTS = "hints only: secret path, allowed networks; confirmed by asking"
SEALED = "body sealed with our AES key, and signed with our token"


def page() -> str:
    """Give the whole page."""
    sections = [HEAD, _matrix(), _faults(), _twilio(), _mainland(), _mail(), _post(), _watcher(), _wechat(), _wecom()]
    return "\n".join(sections)


def _grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _yes(value: bool) -> str:  # noqa: FBT001 - a cell of a table
    return "yes" if value else "no"


def _matrix() -> str:
    ways: list[tuple[str, Capabilities, str, str]] = [
        (Smtp.name, Smtp.capabilities, SmtpReceiver.name, "secret path and proven return path"),
        (TwilioSms.name, TwilioSms.capabilities, TwilioReceiver.name, "HMAC over our address and the fields"),
        (TwilioVoice.name, TwilioVoice.capabilities, TwilioVoiceReceiver.name, "HMAC over our address and the fields"),
        (TwilioVerify.name, TwilioVerify.capabilities, "", "texts one-time codes; asked when one is typed in"),
        (AliyunSms.name, AliyunSms.capabilities, AliyunReceiver.name, HINTS),
        (TencentSms.name, TencentSms.capabilities, TencentReceiver.name, HINTS),
        (Ems.name, Ems.capabilities, EmsReceiver.name, "body sealed with the agreement's SM4 key"),
        (Ems.name, Ems.capabilities, JdptReceiver.name, "MD5 over the body and the agreement's key"),
        (Ems.name, Ems.capabilities, LegacyReceiver.name, "secret path and network; the platform is asked"),
        (
            Kuaidi100.name,
            Kuaidi100.capabilities,
            Kuaidi100Receiver.name,
            "MD5 over push and salt; it only watches",
        ),
        (WeChatTemplates.name, WeChatTemplates.capabilities, WeChatReceiver.name, SEALED),
        (WeComCards.name, WeComCards.capabilities, WeComReceiver.name, SEALED),
    ]
    rows = [
        (
            f"`{name}`",
            can.channel,
            _yes(can.idempotent),
            _yes(can.askable),
            _yes(can.abroad),
            can.text_limit or "none",
            f"`/webhooks/{inward}/COURT`, {proof}" if inward else f"never: {proof}",
        )
        for name, can, inward, proof in ways
    ]
    head = ("provider", "channel", "idempotent", "askable", "data leave the mainland", "characters", "calls back")
    return f"## Providers\n\n{_grid(head, rows)}"


def _faults() -> str:
    rows = [(f"`{fault}`", words) for fault, words in FAULTS.items()]
    return f"## Whose fault a failure is\n\n{_grid(('`args.fault`', 'meaning'), rows)}"


def _meanings(rows: Mapping[int, Meaning] | Mapping[str, Meaning], prefix: str = "") -> str:
    cells = [(f"`{prefix}{code}`", f"`{meaning.fault}`", f"`{meaning.reason}`") for code, meaning in rows.items()]
    return _grid(("code", "fault", "reason"), cells)


def _twilio() -> str:
    statuses = _grid(("status", "becomes"), [(f"`{status}`", f"`{kind}`") for status, kind in STATUSES.items()])
    calls = _grid(("call", "becomes"), [(f"`{status}`", f"`{kind}`") for status, kind in CALL_STATUSES.items()])
    ends = [(f"`completed`, answered by {by or 'nobody knows whom'}", f"`{kind}`") for by, kind in ANSWERED_BY.items()]
    more = {code: meaning for code, meaning in CALL_ERRORS.items() if code not in ERRORS}
    return (
        f"## Twilio\n\nAny other status becomes `unrecognised`.\n\n{statuses}\n{_meanings(ERRORS)}\n"
        f"### Calls\n\nA key that was pressed is a hint of whoever holds the telephone, never consent or service.\n\n"
        f"{calls}\n{_grid(('end of a call', 'becomes'), ends)}\n{_meanings(more)}\n{_one_time_codes()}"
    )


def _one_time_codes() -> str:
    answers = _grid(("check", "answer"), [(f"`{status}`", f"`{answer}`") for status, answer in VERIFICATIONS.items()])
    made = {code: meaning for code, meaning in VERIFY_ERRORS.items() if ERRORS.get(code) != meaning}
    asked = {code: meaning for code, meaning in CHECK_ERRORS.items() if VERIFY_ERRORS.get(code) != meaning}
    text = "Where a court has switched it on. `over`: there is no code to compare with any more, a new one is needed."
    refused = f"Refused when a code is asked for:\n\n{_meanings(made)}\nand when it is checked:\n\n{_meanings(asked)}"
    return f"### One-time codes\n\n{text}\n\n{answers}\n{refused}"


def _wechat() -> str:
    statuses = _grid(("status", "becomes"), [(f"`{status}`", f"`{kind}`") for status, kind in WECHAT_STATUSES.items()])
    text = "The event TEMPLATESENDJOBFINISH, compared without blanks. Any other status becomes `unrecognised`."
    failures, errors = _meanings(WECHAT_FAILURES), _meanings(WECHAT_ERRORS)
    return f"## WeChat (official account)\n\n{text}\n\n{statuses}\n{failures}\n{errors}"


def _wecom() -> str:
    buttons = _grid(("button", "becomes"), [(f"`{key}`", f"`{kind}`") for key, kind in BUTTONS.items()])
    text = "Nothing tells of delivery. A press is an answer of whoever holds the account, never a consent."
    return f"## WeCom (application)\n\n{text}\n\n{buttons}\n{_meanings(WECOM_ERRORS)}"


def _mainland() -> str:
    text = "Registered templates only. A report counts when the service, asked by us, says the same."
    groups = "A code without a point stands for all that begin with it and are not listed themselves."
    said = "What carriers report:"
    aliyun = f"{_meanings(ALIYUN_REFUSALS)}\n{said}\n\n{_meanings(ALIYUN_RECEIPTS)}"
    tencent = f"{_meanings(TENCENT_REFUSALS)}\n{said}\n\n{_meanings(TENCENT_RECEIPTS)}"
    return f"## Aliyun\n\n{text}\n\n{aliyun}\n## Tencent Cloud\n\n{text} {groups}\n\n{tencent}"


def _mail() -> str:
    actions = _grid(("action", "becomes"), [(f"`{action}`", f"`{kind}`") for action, kind in ACTIONS.items()])
    text = "The action of a delivery report decides; the status, after its class, says what it is about."
    return f"## E-mail\n\n{text}\n\n{actions}\n{_meanings(SUBJECTS, 'X.')}"


def _post() -> str:
    codes = table()
    by_kind: dict[str, list[str]] = defaultdict(list)
    for code, row in codes["op_code"].items():
        by_kind[row["kind"]].append(code)
    kinds = _grid(
        ("becomes", "opCode"), [(f"`{kind}`", " ".join(sorted(of_kind))) for kind, of_kind in sorted(by_kind.items())]
    )
    reversals = _grid(
        ("opCode", "name", "takes back"),
        [(code, row["name"], " ".join(row["reverses"])) for code, row in codes["op_code"].items() if "reverses" in row],
    )
    delivered = _grid(
        ("deliverCode", "name", "becomes", "who has it"),
        [
            (code, row["name"], f"`{row['kind']}`", f"`{row['recipient_class']}`")
            for code, row in codes["deliver_code"].items()
        ],
    )
    failed = _grid(
        ("attemptDeliveryCode", "name", "becomes", "reason"),
        [
            (code, row["name"], f"`{row['kind']}`", f"`{row['reason']}`")
            for code, row in codes["attempt_delivery_code"].items()
        ],
    )
    actions = _grid(
        ("action", "name", "becomes"),
        [(code, row["name"], f"`{row['kind']}`") for code, row in codes["action"].items()],
    )
    text = "Names and remarks stand in `adapters/ems_codes.toml`. Any other code becomes `unrecognised`."
    tables = f"{kinds}\n{reversals}\nWith 704:\n\n{delivered}\nWith 705:\n\n{failed}\nThe oldest form:\n\n{actions}"
    return f"## China Post EMS\n\n{text}\n\n{tables}"


def _watcher() -> str:
    states = _grid(
        ("state", "becomes", "who has it", "reason"),
        [(code, f"`{kind}`", receiver, reason) for code, (kind, receiver, reason) in WATCHED.items()],
    )
    text = "Numbers of EMS alone. Its word counts where China Post has said nothing later; any other state becomes"
    return f"## Kuaidi100\n\n{text} `unrecognised`.\n\n{states}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name} written")
