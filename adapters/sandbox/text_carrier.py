"""The text carrier: Twilio's Messages resource as its official library calls it, and what becomes of each message."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from adapters.sandbox import texts
from adapters.sandbox.callers import Callers, TextAccount
from adapters.sandbox.chance import Chance, name_of
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.letterbox import Door, Stored
from adapters.sandbox.twilio_house import (
    INTERNATIONAL,
    ROOT,
    Refusal,
    as_json,
    international,
    key_in,
    let_in,
    national,
    not_found,
    rest_of,
)

_LONGEST_BODY = 1600
_SEGMENT = 67
_PAGE = 50


class TextCarrier:
    """Answers the API; plans reports and reactions."""

    def __init__(self, deliveries: Deliveries, account: TextAccount, callers: Callers) -> None:
        self._deliveries = deliveries
        self._account = account
        self._callers = callers
        self._chance = Chance(deliveries.population.seed)

    def answer(self, request: Request) -> Response:
        """One API call."""
        if request.method == "POST":
            self._deliveries.journal.count("requests_received")
        return let_in(self._account, request, lambda: self._route(request, rest_of(request)))

    def _route(self, request: Request, rest: Sequence[str]) -> Response:
        match request.method, rest:
            case "POST", [_, "Messages"]:
                return self._create(request.form)
            case "GET", [_, "Messages"]:
                return self._list(request.query)
            case "GET", [_, "Messages", sid]:
                return self._fetch(sid)
            case _:
                raise not_found()

    def _create(self, form: Mapping[str, str]) -> Response:
        deliveries = self._deliveries
        to, body = form.get("To", ""), form.get("Body", "")
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        if not INTERNATIONAL.fullmatch(to):
            raise Refusal(21211, "Invalid 'To' Phone Number")
        if not sender:
            raise Refusal(21603, "A 'From' phone number is required")
        if not body:
            raise Refusal(21602, "Message body is required")
        if len(body) > _LONGEST_BODY:
            raise Refusal(21617, "The concatenated message body exceeds the 1600 character limit")
        number = national(to)
        key = f"{number}:{texts.essence(body)}"
        ordinal = deliveries.journal.next_ordinal(f"sms-request:{key}")
        about = key_in(form.get("StatusCallback", ""))
        mishap = deliveries.before_taking(key, ordinal, about)
        if mishap.refuses:
            raise Refusal(20500, "Internal Server Error", 500)
        stored, reports = self._take(form, to, sender, body, key)
        if reports and deliveries.is_early(key, ordinal, about):
            deliveries.at_once(reports.pop(0))
        deliveries.journal.plan(reports)
        return Response(as_json(self._resource(stored)), 201, hang_up=mishap.hangs_up)

    def _take(
        self, form: Mapping[str, str], to: str, sender: str, body: str, key: str
    ) -> tuple[Stored, list[Happening]]:
        deliveries = self._deliveries
        now = deliveries.now()
        callback = form.get("StatusCallback", "")
        with deliveries.memory.writing():
            ordinal = deliveries.journal.next_ordinal(f"sms:{key}")
            sid = "SM" + name_of(deliveries.population.seed, key, "sid", ordinal)
            number = national(to)
            reminded = self._reminded(number, body, now)
            attempt = "sms:" + texts.digest(to, body, callback)
            more = {"callback": callback, "error": "", "updated": now.isoformat()}
            stored = Stored(sid, Door.SMS, now, sender, number, body, attempt, "queued", more)
            deliveries.letterbox.keep_message(stored)
            deliveries.journal.count("sms")
            reports, reached_at = self._course(stored, number, f"{key}#{ordinal}")
            if reached_at is not None:
                links = texts.links(body, deliveries.platform_url)
                deliveries.journal.plan(
                    deliveries.reactions.to_text(number, body, links, reached_at, reminded=reminded)
                )
        return stored, reports

    def _reminded(self, number: str, body: str, now: datetime) -> bool:
        """Whether this number heard of the case an hour ago or earlier. What came in the same hour does not count."""
        earlier = now - timedelta(hours=1)
        case = texts.case_number(body)
        return any(
            message.at <= earlier and texts.case_number(message.body) == case
            for message in self._deliveries.letterbox.messages(Door.SMS, number, 20)
        )

    def _course(self, stored: Stored, number: str, key: str) -> tuple[list[Happening], datetime | None]:
        """The reports of the carrier, and when the message lies in somebody's hand."""
        deliveries, chance = self._deliveries, self._chance
        sent_at = stored.at + timedelta(seconds=chance.whole(1, 3, key, "sent"))
        steps = [(sent_at, "sent", "")]
        reached_at: datetime | None = None
        if deliveries.is_undeliverable(number):
            share = deliveries.population.parameters.sms_undelivered_unknown
            unknown = chance.happens(share, number, "unknown-subscriber")
            wait = chance.whole(5, 40, key, "fails") if unknown else chance.whole(600, 7200, key, "fails")
            steps.append((sent_at + timedelta(seconds=wait), "undelivered", "30005" if unknown else "30003"))
        else:
            reached_at = sent_at + timedelta(seconds=chance.whole(3, 20, key, "arrives"))
            steps.append((reached_at, "delivered", ""))
        reports = [
            Happening(at, key, Act.CALLBACK, {"sid": stored.sid, "status": status, "error": error})
            for at, status, error in steps
        ]
        return deliveries.disturbed(reports, key_in(stored.more["callback"])), reached_at

    def report(self, happening: Happening) -> bool | None:
        """Report what became of a message; whether that was acknowledged, None if nobody wanted to know."""
        args, deliveries = happening.args, self._deliveries
        stored = deliveries.letterbox.message(args["sid"])
        if stored is None:
            return None
        more = {**stored.more, "error": args["error"], "updated": happening.due_at.isoformat()}
        deliveries.letterbox.set_status(stored.sid, args["status"], more)
        if not stored.more["callback"]:
            return None
        fields = {
            "MessageSid": stored.sid,
            "SmsSid": stored.sid,
            "MessageStatus": args["status"],
            "SmsStatus": args["status"],
            "AccountSid": self._account.account_sid,
            "From": self._account.sender,
            "To": international(stored.recipient),
            "ApiVersion": "2010-04-01",
        }
        if args["error"]:
            fields["ErrorCode"] = args["error"]
        token = name_of(deliveries.population.seed, happening.key, args["status"])
        return self._callers.report_status(stored.more["callback"], fields, token)

    def pass_on(self, happening: Happening) -> bool:
        """Pass on what somebody wrote back; whether that was acknowledged."""
        deliveries, args = self._deliveries, happening.args
        sid = "SM" + name_of(deliveries.population.seed, happening.key, f"reply-{happening.due_at.isoformat()}")
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "AccountSid": self._account.account_sid,
            "From": f"+86{args['from']}",
            "To": self._account.sender,
            "Body": args["reply"],
            "NumMedia": "0",
            "NumSegments": "1",
            "FromCountry": "CN",
            "ApiVersion": "2010-04-01",
        }
        arrived = self._callers.report_status(self._account.inbound_url, fields, sid)
        if arrived:
            deliveries.journal.note(happening.due_at, args["from"], "replied", {"answer": args["reply"]})
        return arrived

    def _list(self, query: Mapping[str, str]) -> Response:
        self._deliveries.journal.count("queries_received")
        found = self._deliveries.letterbox.messages(Door.SMS, national(query.get("To", "")))
        if wanted := query.get("DateSent"):
            day = date.fromisoformat(wanted[:10])
            found = [message for message in found if message.at.astimezone(UTC).date() == day]
        size, page = int(query.get("PageSize", _PAGE)), int(query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        listed = {
            "messages": [self._resource(message) for message in shown],
            "page": page,
            "page_size": size,
            "uri": f"{ROOT}{self._account.account_sid}/Messages.json",
            "first_page_uri": f"{ROOT}{self._account.account_sid}/Messages.json?PageSize={size}&Page=0",
            "next_page_uri": None,
            "previous_page_uri": None,
        }
        if (page + 1) * size < len(found):
            number = query.get("To", "").replace("+", "%2B")
            listed["next_page_uri"] = f"{listed['uri']}?To={number}&PageSize={size}&Page={page + 1}"
        return Response(as_json(listed))

    def _fetch(self, sid: str) -> Response:
        self._deliveries.journal.count("queries_received")
        stored = self._deliveries.letterbox.message(sid)
        if stored is None or stored.door is not Door.SMS:
            raise Refusal(20404, f"The requested resource /Messages/{sid}.json was not found", 404)
        return Response(as_json(self._resource(stored)))

    def _resource(self, stored: Stored) -> Mapping[str, Any]:
        created = format_datetime(stored.at.astimezone(UTC))
        sent = None if stored.status in {"queued", "accepted"} else created
        sid = self._account.account_sid
        service = stored.sender if stored.sender.startswith("MG") else None
        return {
            "account_sid": sid,
            "api_version": "2010-04-01",
            "body": stored.body,
            "date_created": created,
            "date_sent": sent,
            "date_updated": format_datetime(datetime.fromisoformat(stored.more["updated"])),
            "direction": "outbound-api",
            "error_code": int(stored.more["error"]) if stored.more["error"] else None,
            "error_message": None,
            "from": self._account.sender if service else stored.sender,
            "messaging_service_sid": service,
            "num_media": "0",
            "num_segments": str(-(-len(stored.body) // _SEGMENT)),
            "price": None,
            "price_unit": "USD",
            "sid": stored.sid,
            "status": stored.status,
            "subresource_uris": {"media": f"{ROOT}{sid}/Messages/{stored.sid}/Media.json"},
            "to": international(stored.recipient),
            "uri": f"{ROOT}{sid}/Messages/{stored.sid}.json",
        }
