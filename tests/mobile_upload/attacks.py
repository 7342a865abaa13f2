"""What people try who were not at the door: each changes an honest posting, in bytes wherever the trick lives there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PIL import Image

from delivery.domain.door_codes import Role
from delivery.domain.field_record import Doubt
from delivery.domain.geodesy import Position
from delivery.domain.notice import NoticeKind, NoticeState
from tests.mobile_upload import door_pictures as pictures
from tests.mobile_upload.door_pictures import TRICKS, exif, written
from tests.mobile_upload.proof_scenes import (
    COLLEAGUE,
    FIRST_SHUTTER,
    HOUSE,
    MORNING,
    OTHER_KEY,
    Change,
    Scene,
    earlier,
    elsewhere,
    near_photo,
    picture_of,
    place_at,
    sample,
    sheet_of,
    text_of,
    visit_at,
    walking,
    wide_photo,
)

LOCAL = timedelta(hours=8)
TODAY = (FIRST_SHUTTER + LOCAL).replace(tzinfo=None)


def another_notice(text: str, **sheet: Any) -> Change:  # noqa: ANN401 -- fields of a sheet
    """A sheet with another code hangs there; `sheet` is how the register knows it."""

    def change(scene: Scene) -> None:
        scene.near = written(pictures.near(scene.number, text))
        scene.wide = written(pictures.wide(scene.number, text))
        if sheet:
            scene.register[text] = sheet_of(0, **sheet)

    return change


def old_pair(trick: str) -> Change:
    """Both pictures of another case, changed and handed over as files."""

    def change(scene: Scene) -> None:
        scene.near, scene.wide = (
            written(TRICKS[trick](picture_of(photo)), quality=75) for photo in (near_photo(7), wide_photo(7))
        )
        scene.mode = "file_input"

    return change


def old_door(trick: str) -> Change:
    """A fresh close-up made at the desk, and the door of another day, its sheet painted over."""

    def change(scene: Scene) -> None:
        bare = TRICKS[trick](pictures.wide(7, ""))
        scene.wide = written(bare, quality=75)

    return change


def from_gallery(scene: Scene, found: Any) -> None:  # noqa: ANN401 -- Image.Exif
    """Both pictures come as files of the phone's camera, with these tags."""
    scene.near = written(picture_of(scene.near), exif=found)
    scene.wide = written(picture_of(scene.wide), exif=found)
    scene.mode = "file_input"


def yesterday(scene: Scene) -> None:
    """The sheet was photographed at the office the evening before."""
    from_gallery(scene, exif(TODAY - timedelta(hours=15, minutes=40)))


def unreadable(scene: Scene) -> None:
    scene.near, scene.wide = b"PK\x03\x04 a ZIP called .jpg" + bytes(500), scene.wide[:9000]


def same_pixels(scene: Scene) -> None:
    scene.near = pictures.with_other_metadata(near_photo(7), b"new")
    scene.wide = pictures.with_other_metadata(wide_photo(7), b"new")


def frozen(scene: Scene) -> None:
    place, at = place_at(scene.number), scene.shutter_at
    still: dict[str, Any] = {"altitude_m": None, "speed_mps": None}
    scene.samples = [sample(place, at + timedelta(seconds=n), 5.0, **still) for n in range(4)]


def one_instant(scene: Scene) -> None:
    scene.samples = [
        one | {"at": scene.shutter_at.isoformat()} for one in walking(place_at(scene.number), scene.shutter_at, 4)
    ]


def jumping(scene: Scene) -> None:
    there = Position(place_at(scene.number).lat + 0.09, place_at(scene.number).lon)
    scene.samples = walking(place_at(scene.number), scene.shutter_at)
    scene.samples.insert(2, sample(there, scene.shutter_at - timedelta(seconds=1)))


def same_point(scene: Scene) -> None:
    scene.samples = walking(place_at(scene.number), scene.shutter_at, 4.0)
    point = Position(scene.samples[0]["lat"], scene.samples[0]["lon"])
    scene.elsewhere = [elsewhere(3, point, scene.shutter_at - timedelta(hours=1))]


def another_street(metres: float) -> Change:
    """Everything is real but the house."""

    def change(scene: Scene) -> None:
        place = place_at(scene.number)
        scene.samples = walking(Position(place.lat + metres / 111_195, place.lon), scene.shutter_at)

    return change


def was_at(north: float, minutes: float) -> Change:
    """The same person was so many degrees away, so many minutes before."""

    def change(scene: Scene) -> None:
        place = Position(place_at(scene.number).lat + north, place_at(scene.number).lon)
        scene.elsewhere = [elsewhere(3, place, scene.shutter_at - timedelta(minutes=minutes))]

    return change


def clock_set(hours: float, *, receipt: timedelta = timedelta(minutes=4)) -> Change:
    """The phone's clock was set, and the page told that it is right."""

    def change(scene: Scene) -> None:
        scene.shutter_at += timedelta(hours=hours)
        scene.sending = receipt - timedelta(hours=hours)
        scene.samples = walking(place_at(scene.number), scene.shutter_at)

    return change


def hours_between(scene: Scene) -> None:
    scene.between, scene.sending = timedelta(hours=2), timedelta(hours=3)
    scene.samples = []


def screen_picture(scene: Scene) -> None:
    scene.near, scene.wide = (written(picture_of(photo), form="PNG") for photo in (scene.near, scene.wide))
    scene.mode = "file_input"


def one_picture_twice(scene: Scene) -> None:
    scene.wide = pictures.with_other_metadata(scene.near, b"wide")
    scene.modes = {Role.WIDE: "file_input"}


def setting(**fields: Any) -> Change:  # noqa: ANN401 -- fields of a scene
    """Change nothing but these."""

    def change(scene: Scene) -> None:
        for name, value in fields.items():
            setattr_of(scene, name, value)

    return change


def setattr_of(scene: Scene, name: str, value: object) -> None:
    """Set a field that the scene has."""
    assert name in Scene.__dataclass_fields__
    scene.__dict__[name] = value


def photoshopped(scene: Scene) -> None:
    from_gallery(scene, exif(TODAY, software="Adobe Photoshop 25.1 (Windows)"))


def saved_again(scene: Scene) -> None:
    from_gallery(scene, exif(TODAY, modified=TODAY + timedelta(minutes=25)))


def edited_place(scene: Scene) -> None:
    from_gallery(scene, exif(TODAY, gps=(30.72, 104.06)))


def edited_time(scene: Scene) -> None:
    from_gallery(scene, exif(TODAY + timedelta(hours=2, minutes=13)))


def without_notice(scene: Scene) -> None:
    """Any two pictures of the phone's gallery."""
    scene.near, scene.wide = written(pictures.near(50, "")), written(pictures.wide(50, ""))
    scene.mode = "file_input"


def screenshots(scene: Scene) -> None:
    """Pictures shown on a phone and kept as its screen, by one that keeps screens as JPEG."""
    screens = []
    for photo in (scene.near, scene.wide):
        screen = Image.new("RGB", (540, 1170))
        screen.paste(picture_of(photo).resize((540, 405)), (0, 380))
        screens.append(written(screen))
    (scene.near, scene.wide), scene.mode = screens, "file_input"


def saved_as_wide(scene: Scene) -> None:
    scene.wide = written(picture_of(scene.near).resize((760, 570)), quality=70)


def old_receipt(scene: Scene) -> None:
    """Another visit's signed receipt, saved again."""
    old = pictures.near(50, "")
    scene.asks_notice, scene.roles = False, (Role.RECEIPT, Role.OTHER)
    scene.near, scene.wide = written(old, quality=70), b""
    scene.earlier = [earlier(written(old, quality=95), 3, Role.RECEIPT)]


def last_visits_door(trick: str) -> Change:
    """A close-up of today's sheet made at the desk, and the picture of this door from the visit before."""

    def change(scene: Scene) -> None:
        old = pictures.wide(scene.number, text_of(95))
        scene.register[text_of(95)] = sheet_of(95, order_id=sheet_of(scene.number).order_id, **OLD_VISIT)
        scene.earlier = [earlier(written(old, quality=92), scene.number, visit="two days ago")]
        scene.wide = written(TRICKS[trick](old), quality=75)

    return change


def colleagues_pair(scene: Scene) -> None:
    """Sent over by the colleague who was there."""
    scene.earlier = [
        earlier(scene.near, scene.number, Role.NEAR, by=COLLEAGUE),
        earlier(pictures.with_other_metadata(scene.wide, b"sent"), scene.number, by=COLLEAGUE),
    ]


def pasted_code(scene: Scene) -> None:
    """Another visit's pictures with today's sheet painted over theirs."""
    scene.near, scene.wide = (written(draw(7, text_of(0)), quality=80) for draw in (pictures.near, pictures.wide))


def held_elsewhere(scene: Scene) -> None:
    """The right sheet, held in the hand before another door of the same street."""
    scene.wide = written(pictures.wide(60, text_of(0)))
    another_street(300)(scene)


ENDED = {"state": NoticeState.CANCELLED, "reason": "paper_replaced", "ended_at": MORNING}
OVER = {"expires_at": MORNING - timedelta(days=1)}
OLD_VISIT = {"attempt_id": HOUSE}
PAD = {"kind": NoticeKind.PAD, "attempt_id": HOUSE, "order_id": HOUSE}

ATTACKS: dict[str, tuple[Callable[[Scene], None], str]] = {
    "another case's notice": (another_notice(text_of(5)), "D"),
    "an earlier visit's notice": (another_notice(text_of(90), **OLD_VISIT), "D"),
    "a cancelled notice": (another_notice(text_of(91), **ENDED), "D"),
    "an expired notice": (another_notice(text_of(92), **OVER), "D"),
    "a code made up at home": (another_notice(text_of(0, forged=True)), "D"),
    "a pad that hangs elsewhere": (another_notice(text_of(93), **PAD), "D"),
    "a photo of the day before": (yesterday, "D"),
    "the same bytes again": (setting(near=near_photo(7), wide=wide_photo(7)), "D"),
    "the same pixels, other metadata": (same_pixels, "D"),
    "a fresh close-up, the very file of another door": (setting(wide=wide_photo(7)), "D"),
    "a fresh close-up, that file with other metadata": (
        setting(wide=pictures.with_other_metadata(wide_photo(7), b"new")),
        "D",
    ),
    "neither notice nor door, only other pictures": (setting(roles=(Role.OTHER, Role.OTHER)), "C"),
    "an old pair, re-encoded": (old_pair("re-encoded"), "D"),
    "an old pair, cropped": (old_pair("cropped"), "D"),
    "an old pair, mirrored": (old_pair("mirrored"), "D"),
    "an old pair, turned": (old_pair("turned"), "D"),
    "an old pair, brightened": (old_pair("brightened"), "D"),
    "an old pair, sent through a chat": (old_pair("sent through a chat"), "D"),
    "an old pair, marked": (old_pair("marked"), "D"),
    "an old pair, taken from a screen": (old_pair("taken from a screen"), "D"),
    "a fresh close-up, an old door": (old_door("re-encoded"), "C"),
    "a fresh close-up, an old door mirrored": (old_door("mirrored"), "C"),
    "a fresh close-up, an old door from a screen": (old_door("taken from a screen"), "C"),
    "pictures without any notice, from the gallery": (without_notice, "C"),
    "a sheet on a desk": (setting(wide=b"", position_state="denied"), "C"),
    "screens kept as JPEG": (screenshots, "C"),
    "the near shot saved again as the wide one": (saved_as_wide, "C"),
    "an old receipt, saved again": (old_receipt, "C"),
    "the last visit's picture of this door, from a screen": (last_visits_door("taken from a screen"), "C"),
    "a colleague's pictures of this visit": (colleagues_pair, "D"),
    "an old pair with today's sheet painted in": (pasted_code, "C"),
    "the right sheet held before another door": (held_elsewhere, "C"),
    "a ticket of a colleague": (setting(ticket={"server": COLLEAGUE}), "D"),
    "a ticket of another visit": (setting(ticket={"task": visit_at(5)}), "D"),
    "a ticket of another phone": (setting(ticket={"device": HOUSE}), "D"),
    "a forged ticket": (setting(ticket_key=b"f" * 32), "D"),
    "a replayed ticket": (setting(doubts={Doubt.TICKET_REPLAYED}), "D"),
    "a ticket that was over": (setting(ticket={"now": MORNING - timedelta(days=2)}), "C"),
    "no ticket at all": (setting(ticket_key=None), "C"),
    "a cloned phone": (setting(number_taken=True), "D"),
    "another phone's key": (setting(key=OTHER_KEY), "D"),
    "a record changed on the way": (setting(altered=True), "D"),
    "a chain written anew": (setting(prev="f" * 64), "D"),
    "somebody else's phone": (setting(doubts={Doubt.FOREIGN_DEVICE}), "D"),
    "a phone that nobody enrolled": (setting(doubts={Doubt.DEVICE_UNKNOWN}), "D"),
    "other bytes under one record": (setting(doubts={Doubt.RECORD_DIFFERS}), "D"),
    "a record left out for good": (setting(before_came=False, gap_is_old=True), "C"),
    "a phone reported stolen": (setting(doubts={Doubt.DEVICE_REVOKED}), "C"),
    "files that are no pictures": (unreadable, "D"),
    "a frozen false position": (frozen, "C"),
    "a false position of one instant": (one_instant, "C"),
    "a false position that flickers": (jumping, "C"),
    "one point for every door": (same_point, "C"),
    "two towns in ten minutes": (was_at(0.9, 10), "C"),
    "across the town in six minutes": (was_at(0.06, 6), "C"),
    "another house": (another_street(900), "C"),
    "a clock set back before the ticket": (clock_set(-2), "C"),
    "a clock set ahead": (clock_set(+3), "C"),
    "a clock turned back in between": (setting(monotonic_slip=timedelta(hours=-1)), "C"),
    "near and wide hours apart": (hours_between, "C"),
    "one picture for near and wide": (one_picture_twice, "C"),
    "pictures of a screen": (screen_picture, "C"),
    "an editor's name in the file": (photoshopped, "C"),
    "a file saved again": (saved_again, "C"),
    "a position written into the file": (edited_place, "C"),
    "a time written into the file": (edited_time, "C"),
}
