"""Drawing: an SVG picture, built as an XML tree, so that any text in it is escaped."""

import copy
import math
import re
from collections.abc import Iterable
from xml.etree import ElementTree

from markupsafe import Markup

__all__ = ["Drawing", "fitted", "packed", "ticks", "width_of"]

LETTER = 0.6
"""Mean width of a letter, in font sizes."""


class Drawing:
    """A picture of `width` by `height` units (CSS pixels at full size).

    Colours and fonts come from style.css, through class names.

    Parameters
    ----------
    name : str
        Unique on the page: prefix of all ids.
    title, description : str
        What a reader who does not see the picture is told.
    css : str
        Class of the picture.
    """

    def __init__(
        self, width: float, height: float, *, name: str, title: str, description: str, css: str = ""
    ):
        self.width, self.height, self.name = width, height, name
        self.root = ElementTree.Element(
            "svg",
            {
                "class": f"drawing {css}".strip(),
                "viewBox": f"0 0 {plain(width)} {plain(height)}",
                "width": plain(width),
                "height": plain(height),
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-desc",
            },
        )
        self._add("title", id=f"{name}-title").text = title
        self._add("desc", id=f"{name}-desc").text = description

    def _add(self, tag: str, tip: str = "", **attributes: object) -> ElementTree.Element:
        given = {key: plain(value) for key, value in attributes.items() if value not in ("", None)}
        if "css" in given:
            given["class"] = given.pop("css")
        element = ElementTree.SubElement(self.root, tag, given)
        if tip:
            ElementTree.SubElement(element, "title").text = tip
        return element

    def rect(self, x, y, width, height, css: str, *, tip: str = "", round: float = 0) -> None:
        self._add(
            "rect", tip, x=x, y=y, width=max(width, 0), height=height, rx=round or None, css=css
        )

    def line(self, x1, y1, x2, y2, css: str) -> None:
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, css=css)

    def dot(self, x, y, radius, css: str, *, tip: str = "") -> None:
        self._add("circle", tip, cx=x, cy=y, r=radius, css=css)

    def polyline(self, points: Iterable[tuple[float, float]], css: str) -> None:
        self._add("polyline", points=listed(points), css=css)

    def polygon(self, points: Iterable[tuple[float, float]], css: str) -> None:
        self._add("polygon", points=listed(points), css=css)

    def text(self, x, y, content: str, css: str = "", *, anchor: str = "", tip: str = "") -> None:
        """`anchor`: start, middle or end; the baseline is at `y`."""
        element = self._add("text", x=x, y=y, css=css, **{"text-anchor": anchor})
        if tip and tip != content:
            ElementTree.SubElement(element, "title").text = tip
            element[-1].tail = content
        else:
            element.text = content

    def wire(self, points: list[tuple[float, float]], css: str = "wire") -> None:
        """Straight pieces, with an arrow head at the end."""
        (x1, y1), (x2, y2) = points[-2:]
        dx, dy = sign(x2 - x1), sign(y2 - y1)
        self.polyline([*points[:-1], (x2 - 5 * dx, y2 - 5 * dy)], css)
        back, side = (x2 - 8 * dx, y2 - 8 * dy), (4 * dy, 4 * dx)
        tip = [(x2, y2), (back[0] + side[0], back[1] + side[1])]
        tip.append((back[0] - side[0], back[1] - side[1]))
        self.polygon(tip, "head")

    def hatching(self) -> str:
        """Define diagonal stripes; the value of `fill` that uses them."""
        name = f"{self.name}-hatch"
        pattern = self._add(
            "pattern",
            id=name,
            width=5,
            height=5,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        stripe = {"x1": "0", "y1": "0", "x2": "0", "y2": "5", "class": "stripe"}
        ElementTree.SubElement(pattern, "line", stripe)
        return f"url(#{name})"

    def hatched(self, x, y, width, height, fill: str, *, tip: str = "") -> None:
        self._add(
            "rect", tip, x=x, y=y, width=max(width, 0), height=height, fill=fill, css="hatched"
        )

    def markup(self) -> Markup:
        """The picture, ready to stand in HTML."""
        ElementTree.indent(self.root, " ")
        return Markup(ElementTree.tostring(self.root, encoding="unicode"))

    def file(self, style: str) -> str:
        """The picture as an SVG file, with those rules of `style` that it needs.

        Variables become what the first block of `style` says of them: few programs but browsers
        know variables.
        """
        root = copy.deepcopy(self.root)
        root.set("xmlns", "http://www.w3.org/2000/svg")
        ground = {"width": "100%", "height": "100%", "class": "ground"}
        root[2:2] = [ElementTree.Element("style"), ElementTree.Element("rect", ground)]
        root[2].text = needed(style, {name for it in root.iter() for name in classes(it)})
        ElementTree.indent(root, " ")
        return ElementTree.tostring(root, encoding="unicode") + "\n"


def plain(value: object) -> str:
    """Attribute text; two decimals are enough for a picture."""
    return f"{round(value, 2):.10g}" if isinstance(value, int | float) else str(value)


def listed(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{plain(x)},{plain(y)}" for x, y in points)


def classes(element: ElementTree.Element) -> list[str]:
    return element.get("class", "").split()


def needed(style: str, used: set[str]) -> str:
    """The rules for classes of `used`, without variables."""
    first, *rules = re.findall(r"([^{}]+)(\{[^}]*\})", style)
    values = dict(re.findall(r"(--\w+): ([^;]+);", first[1]))
    kept = [
        selectors + re.sub(r"var\((--\w+)\)", lambda match: values[match[1]], body)
        for selectors, body in rules
        if any(used.issuperset(re.findall(r"\.([\w-]+)", one)) for one in selectors.split(","))
    ]
    return "".join(kept)


def sign(value: float) -> int:
    return (value > 0) - (value < 0)


def width_of(content: str, size: float = 12) -> float:
    """Estimated width of a text."""
    return len(content) * LETTER * size


def fitted(content: str, width: float, size: float = 12) -> str:
    """The text, cut with an ellipsis where it would be wider."""
    room = max(1, int(width / (LETTER * size)))
    return content if len(content) <= room else f"{content[: max(1, room - 1)]}…"


def packed(spans: list[tuple[float, float]]) -> list[int]:
    """For each span, by start, the first track in which it overlaps none before it."""
    ends: list[float] = []
    tracks = [0] * len(spans)
    for k in sorted(range(len(spans)), key=lambda k: spans[k]):
        start, end = spans[k]
        free = (n for n, last in enumerate(ends) if last <= start)
        tracks[k] = next(free, len(ends))
        ends[tracks[k] :] = [end, *ends[tracks[k] + 1 :]]
    return tracks


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about as many as wanted."""
    if high <= low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / wanted))
    step = next(power * m for m in (1, 2, 5, 10) if power * m * wanted >= high - low)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]
