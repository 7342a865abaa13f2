"""What happens to honest people: old phones, cellars, blanked positions, wrong clocks, maps that lie."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from delivery.domain.door_codes import Role
from delivery.domain.field_record import Doubt
from delivery.domain.geodesy import Datum, Position, from_wgs84, to_wgs84
from delivery.domain.notice import NoticeKind, NoticeState
from delivery.domain.photo_facts import Door
from tests.mobile_upload import door_pictures as pictures
from tests.mobile_upload.attacks import LOCAL, TODAY, from_gallery, setting
from tests.mobile_upload.door_pictures import exif, written
from tests.mobile_upload.proof_scenes import (
    COLLEAGUE,
    Change,
    Scene,
    earlier,
    elsewhere,
    picture_of,
    place_at,
    sample,
    sheet_of,
    text_of,
    walking,
)


def together(*changes: Change) -> Change:
    """Several things on one day."""

    def change(scene: Scene) -> None:
        for one in changes:
            one(scene)

    return change


def gallery(**tags: Any) -> Change:  # noqa: ANN401 -- tags of a file
    """Pictures picked from the gallery, as today's phones hand them over."""
    return lambda scene: from_gallery(scene, exif(**tags))


def without_tags(scene: Scene) -> None:
    scene.mode = "file_input"


def out_of_focus(scene: Scene) -> None:
    """No code can be read in the court, on the near picture or the wide one."""
    soft = [picture_of(photo).resize((100, 75)).resize((800, 600)) for photo in (scene.near, scene.wide)]
    scene.near, scene.wide = (written(picture) for picture in soft)


def near_the_door(metres: float, accuracy: float) -> Change:
    """The phone says a place beside the door."""

    def change(scene: Scene) -> None:
        place = place_at(scene.number)
        there = Position(place.lat, place.lon + metres / 95_600)
        scene.samples = walking(there, scene.shutter_at - scene.phone_wrong, accuracy)

    return change


def from_network(scene: Scene) -> None:
    """Indoors: the position of a base station or a router, the same each time, and no height."""
    at, still = scene.shutter_at - scene.phone_wrong, {"altitude_m": None, "speed_mps": None}
    scene.samples = [sample(place_at(scene.number), at + timedelta(seconds=n), 30.0, **still) for n in range(4)]


def gcj_geocode(scene: Scene) -> None:
    """The geocoder says GCJ-02; what is stored is WGS-84, with the datum that it came in."""
    said = from_wgs84(place_at(scene.number), Datum.GCJ02)
    scene.door = Door(to_wgs84(said, Datum.GCJ02), 15)


def geocode(metres: float, uncertainty: float, *, checkable: bool = True) -> Change:
    """The map puts the address beside the door."""

    def change(scene: Scene) -> None:
        place = place_at(scene.number)
        scene.door = Door(Position(place.lat + metres / 111_195, place.lon), uncertainty, checkable)

    return change


def second_visit(scene: Scene) -> None:
    """The same door two days ago, with the sheet of that day still hanging below today's."""
    before = pictures.wide(scene.number, text_of(95), light=0.85, aside=25)
    scene.register[text_of(95)] = sheet_of(95, order_id=sheet_of(scene.number).order_id)
    scene.earlier = [earlier(written(before), scene.number, visit="two days ago")]


def second_visit_alike(scene: Scene) -> None:
    """The same door, the same light, almost the same place of the sheet."""
    scene.earlier = [
        earlier(written(pictures.wide(scene.number, text_of(95))), scene.number, visit="two days ago"),
    ]


def second_server(scene: Scene) -> None:
    """A colleague sends a picture of the same door for the same visit, and the server's own came twice."""
    other = written(pictures.wide(scene.number, text_of(scene.number), aside=14))
    scene.earlier = [earlier(other, scene.number, by=COLLEAGUE), earlier(scene.wide, scene.number)]


def pad(scene: Scene) -> None:
    """A sheet from a pad, bound to this visit offline."""
    sheet = sheet_of(scene.number, kind=NoticeKind.PAD, state=NoticeState.BOUND)
    scene.register[text_of(96)] = sheet
    scene.near, scene.wide = (written(draw(scene.number, text_of(96))) for draw in (pictures.near, pictures.wide))


def unbound_pad(scene: Scene) -> None:
    """The scan of the sheet has not come yet."""
    pad(scene)
    scene.register[text_of(96)] = replace(sheet_of(96), kind=NoticeKind.PAD, attempt_id=None, order_id=None)


def sent_in_the_evening(scene: Scene) -> None:
    scene.sending = timedelta(hours=9)


def sent_after_a_week_off(scene: Scene) -> None:
    scene.sending = timedelta(days=3)


def taken_an_hour_before(scene: Scene) -> None:
    """Photographed with the phone's own camera, handed over later the same morning."""
    scene.shutter_at += timedelta(hours=1, minutes=10)
    from_gallery(
        scene, exif((scene.shutter_at - timedelta(minutes=52) - scene.phone_wrong + LOCAL).replace(tzinfo=None))
    )


def eight_minutes(scene: Scene) -> None:
    """The light in the stairwell had gone out."""
    scene.between, scene.sending = timedelta(minutes=8), timedelta(minutes=12)
    scene.wide = written(picture_of(scene.wide).resize((100, 75)).resize((800, 600)))


def small(scene: Scene) -> None:
    scene.near, scene.wide = (
        written(picture_of(photo).resize((600, 450)), quality=90) for photo in (scene.near, scene.wide)
    )


def next_door(scene: Scene) -> None:
    """The neighbour of the last visit, a minute ago."""
    place = place_at(scene.number)
    scene.elsewhere = [elsewhere(3, Position(place.lat + 0.0003, place.lon), scene.shutter_at - timedelta(minutes=1))]


def by_fast_train(scene: Scene) -> None:
    place = place_at(scene.number)
    scene.elsewhere = [elsewhere(3, Position(place.lat + 0.9, place.lon), scene.shutter_at - timedelta(minutes=50))]


def long_pictures(scene: Scene) -> None:
    """A camera that is set to fill the screen, which still writes its name."""
    scene.near, scene.wide = (written(picture_of(photo).crop((0, 110, 800, 500))) for photo in (scene.near, scene.wide))
    from_gallery(scene, exif(TODAY))


def two_close_shots(scene: Scene) -> None:
    """The second one, called wide, from almost the same place."""
    near = picture_of(scene.near)
    scene.wide = written(near.crop((70, 60, 800, 600)).resize((800, 600)))


def turned_in_gallery(scene: Scene) -> None:
    from_gallery(scene, exif(TODAY, modified=TODAY + timedelta(minutes=5)))


NO_GPS = setting(position_state="denied")
ONE_PICTURE = setting(wide=b"")
NEVER_SET = setting(offset_known=False)

HONEST: dict[str, tuple[Callable[[Scene], None], str]] = {
    "no permission for the position": (NO_GPS, "B"),
    "a cellar": (setting(position_state="unavailable"), "B"),
    "a phone that finds no position in time": (setting(position_state="timeout"), "B"),
    "an old phone without a camera in the page": (without_tags, "B"),
    "gallery only": (gallery(taken=TODAY), "B"),
    "gallery, positions blanked": (gallery(taken=TODAY, redacted=True), "B"),
    "gallery, a position in the file": (together(gallery(taken=TODAY, gps=(30.66005, 104.06004)), NO_GPS), "B"),
    "gallery, photographed an hour before": (taken_an_hour_before, "B"),
    "gallery, a camera with another zone": (gallery(taken=TODAY - timedelta(hours=8)), "B"),
    "gallery, a camera whose date was lost": (gallery(taken=TODAY.replace(year=2099)), "B"),
    "gallery and no position": (together(without_tags, NO_GPS), "B"),
    "a clock seventeen minutes wrong": (setting(phone_wrong=timedelta(minutes=17)), "A"),
    "a clock wrong by a day": (setting(phone_wrong=timedelta(days=1)), "A"),
    "a clock twelve minutes wrong, never set right": (
        setting(phone_wrong=timedelta(minutes=-12), offset_known=False),
        "A",
    ),
    "a geocode in GCJ-02": (gcj_geocode, "A"),
    "a geocode that only knows the street": (geocode(600, 80, checkable=False), "A"),
    "no geocode": (setting(no_door=True), "A"),
    "a geocode two kilometres wrong": (geocode(2000, 20), "C"),
    "the far end of a large estate": (near_the_door(105, 15), "B"),
    "a position within two kilometres": (near_the_door(900, 2000), "B"),
    "a position from the network": (from_network, "A"),
    "the second visit to a door": (second_visit, "A"),
    "the second visit, as if photographed at once": (second_visit_alike, "B"),
    "two servers": (second_server, "A"),
    "a pad bound without signal": (pad, "A"),
    "a pad whose scan has not come": (unbound_pad, "B"),
    "sent in the evening": (sent_in_the_evening, "A"),
    "sent three days later": (sent_after_a_week_off, "B"),
    "a record before it still on its way": (setting(before_came=False), "B"),
    "a code that only the phone could read": (
        together(out_of_focus, setting(codes_on_phone=[text_of(0)])),
        "B",
    ),
    "a dirty lens": (out_of_focus, "B"),
    "no wide picture": (ONE_PICTURE, "B"),
    "no near picture, a stranger shouting": (setting(near=b"", excuse="threatened"), "B"),
    "an excuse though nothing is missing": (setting(excuse="no_signal"), "B"),
    "eight minutes between near and wide": (eight_minutes, "A"),
    "a code that only the phone could read, in a cellar": (
        together(out_of_focus, setting(codes_on_phone=[text_of(0)]), NO_GPS),
        "B",
    ),
    "an old phone without a position, sent three days later": (
        together(without_tags, NO_GPS, sent_after_a_week_off),
        "B",
    ),
    "gallery, a position in the file, sent three days later, a clock never set right": (
        together(gallery(taken=TODAY, gps=(30.66005, 104.06004)), NO_GPS, sent_after_a_week_off, NEVER_SET),
        "B",
    ),
    "gallery, far end of the estate, no wide picture, a clock never set right": (
        together(without_tags, near_the_door(105, 15), ONE_PICTURE, NEVER_SET),
        "B",
    ),
    "gallery, no position, no wide picture, a wrong clock": (
        together(without_tags, NO_GPS, ONE_PICTURE, setting(phone_wrong=timedelta(hours=1))),
        "C",
    ),
    "gallery, no position, no near picture, a wrong clock": (
        together(without_tags, NO_GPS, setting(near=b"", phone_wrong=timedelta(hours=1))),
        "B",
    ),
    "gallery and a dirty lens": (together(without_tags, out_of_focus), "C"),
    "gallery, a picture as long as the screen": (long_pictures, "B"),
    "two close shots and no wide one": (two_close_shots, "A"),
    "a phone with a small camera": (small, "B"),
    "a receipt signed at the door": (setting(asks_notice=False, roles=(Role.RECEIPT, Role.OTHER)), "A"),
    "everything at once": (together(out_of_focus, without_tags, NO_GPS, setting(near=b"")), "C"),
    "the neighbour a minute later": (next_door, "A"),
    "a hundred kilometres by train": (by_fast_train, "A"),
    "a picture turned in the gallery": (turned_in_gallery, "C"),
    "a phone lost and found": (setting(doubts={Doubt.DEVICE_REVOKED}, modes={Role.WIDE: "in_page"}), "C"),
}
