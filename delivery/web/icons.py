"""The icons: a few strokes each on a 16 by 16 grid, inline so that they take the text's colour and cost no request."""

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup

_STROKES: Mapping[str, str] = MappingProxyType(
    {
        "list": "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
        "inbox": "M2 9.5 4 3.5h8l2 6v3H2zM2 9.5h3.5l1 1.5h3l1-1.5H14",
        "upload": "M8 10.5v-8M5 5.5l3-3 3 3M2.5 10v3.5h11V10",
        "download": "M8 2.5v8M5 7.5l3 3 3-3M2.5 11v2.5h11V11",
        "chart": "M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6",
        "plug": "M6 2v3.5M10 2v3.5M4 5.5h8V8a4 4 0 0 1-8 0zM8 12v2.5",
        "stop": "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM5.5 8h5",
        "search": "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5l3 3",
        "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.5V8l2.5 1.5",
        "check": "M3 8.5 6.5 12 13 4.5",
        "cross": "M4 4l8 8M12 4l-8 8",
        "alert": "M8 2.5 14.5 13h-13zM8 6.5v3M8 11.3h.01",
        "phone": "M5 1.5h6v13H5zM7.5 12.5h1",
        "call": "M3 2.5h2.5L7 6 5.3 7.3a8 8 0 0 0 3.4 3.4L10 9l3.5 1.5V14C7 14 2 9 2 2.5z",
        "book": "M8 4.5C6.5 3 4.5 2.5 2 2.5v10c2.5 0 4.5.5 6 2 1.5-1.5 3.5-2 6-2v-10c-2.5 0-4.5.5-6 2zM8 4.5v10",
        "link": "M6.5 9.5l3-3M7.5 4.5 9 3a2.8 2.8 0 0 1 4 4l-1.5 1.5M8.5 11.5 7 13a2.8 2.8 0 0 1-4-4l1.5-1.5",
        "mail": "M2 3.5h12v9H2zM2 4.5l6 4.5 6-4.5",
        "post": "M2 5.5 8 2l6 3.5v6L8 14.5 2 11zM2 5.5 8 9l6-3.5M8 9v5.5",
        "door": "M4 14V2h8v12M2.5 14h11M9.7 8h.01",
        "pin": "M8 14.5s4.5-4.6 4.5-8a4.5 4.5 0 0 0-9 0c0 3.4 4.5 8 4.5 8zM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
        "paper": "M4 1.5h5.5l3 3v10H4zM9.5 1.5v3h3M6 8h4.5M6 11h4.5",
        "person": "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14.5a5.5 5.5 0 0 1 11 0",
        "scale": "M8 2v12M4.5 14h7M3 4.5h10M3 4.5l-1.8 4.5h3.6zM13 4.5l-1.8 4.5h3.6z",
        "pause": "M5.5 3v10M10.5 3v10",
        "eye": "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
        "menu": "M2.5 4h11M2.5 8h11M2.5 12h11",
        "arrow": "M3 8h10M9 4l4 4-4 4",
        "dot": "M8 8h.01",
        "flag": "M3.5 14.5v-12M3.5 3h9l-2 3 2 3h-9",
    }
)


def icon(name: str) -> Markup:
    """An inline SVG, hidden from screen readers: the words beside it say the same."""
    return Markup(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>'
    ).format(_STROKES[name])
