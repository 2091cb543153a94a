"""Garden gate: the back of the house at night. A cat walks the fence, stops to look, and goes on."""

import sys

from cat import SPEED, cat
from ink import (HEIGHT, WIDTH, circle, ease, ellipse, glow, gradient, group, leaves, line, mix, moths, path, rect,
                 stars, wave, write)

FENCE_Y = 402  # the top of the fence
ENTER, PAUSE, GO = 2.0, 8.6, 14.0  # when the cat comes, sits down, and gets up, in seconds

DEFS = "<defs>" + "".join([
    gradient("sky", [(0, "#0f1d33", 1), (0.5, "#1f4257", 1), (0.8, "#3f7573", 1), (1, "#7ba58a", 1)]),
    gradient("grass", [(0, "#24483f", 1), (1, "#10251f", 1)]),
    gradient("wood", [(0, "#7b5a44", 1), (1, "#4d3629", 1)]),
    gradient("slat", [(0, "#8a6a50", 1), (1, "#5b4231", 1)]),
    gradient("shed", [(0, "#39535a", 1), (1, "#2a3d45", 1)]),
    gradient("pane", [(0, "#ffe3a3", 1), (1, "#f0b257", 1)]),
    gradient("warm", [(0, "#ffe6ad", 1), (0.25, "#ffcf7d", 0.5), (1, "#ffb455", 0)], radial=True),
    gradient("moon", [(0, "#e8f3e6", 0.7), (0.3, "#cfe6dc", 0.25), (1, "#cfe6dc", 0)], radial=True),
]) + "</defs>"


def sky(t):
    out = rect(0, 0, WIDTH, 520, "url(#sky)") + stars(21, 80, 380, t)
    out += glow(1010, 132, 190, "moon", 0.9) + circle(1010, 132, 58, "#f2f5e4")
    for x, y, r in ((992, 118, 12), (1030, 140, 17), (1002, 160, 8), (1026, 104, 7)):
        out += circle(x, y, r, "#dde5d2", 0.9)
    for x, y, w in ((880, 196, 170), (300, 120, 150), (560, 250, 210)):
        x += 6 * wave(t, 24, x)
        out += ellipse(x, y, w, 9, "#9cc3b8", 0.16) + ellipse(x + 50, y - 8, w * 0.5, 7, "#c4ddd0", 0.14)
    out += path("M0 400 q160 -70 330 -20 q170 -64 380 0 q260 -70 570 10 v150 h-1280 z", "#1f4650")
    return out


def trees(t):
    out = ""
    for x, y, s, seed in ((610, 352, 0.8, 31), (770, 340, 1.0, 32), (1180, 322, 1.25, 33)):
        out += path(f"M{x-7} 470 l3 -110 h8 l3 110 z", "#152b30")
        out += group(leaves(seed, 0, 0, 66 * s, 74 * s, 70, 21 * s, ["#142d2f", "#1b3a38", "#264a42", "#37604f"]), x, y, turn=1.2 * wave(t, 8, x / 90))
    return out


def shed():
    out = path("M36 470 v-196 h300 v196 z", "url(#shed)")
    for x in range(60, 336, 24):
        out += line([(x, 276), (x, 470)], "#223239", 2)
    out += path("M8 282 l178 -104 l178 104 l-12 16 l-166 -96 l-166 96 z", "#1a2830") + path("M60 276 l126 -73 l126 73 z", "url(#shed)")
    out += rect(86, 316, 92, 74, "#c9d3c4", 3) + rect(94, 324, 76, 58, "url(#pane)") + rect(130, 324, 4, 58, "#c9d3c4") + rect(94, 351, 76, 4, "#c9d3c4")
    out += rect(222, 310, 82, 160, "#2a4048", 2) + rect(230, 318, 66, 152, "#46707a", 2) + circle(286, 398, 4, "#d9c48a")
    out += rect(78, 390, 108, 14, "#6b4a38", 2)
    for i in range(9):
        out += circle(86 + i * 11.5, 387 - (i % 3) * 4, 6, ("#e5a5a0", "#f0d9a4", "#c99bd0")[i % 3]) + circle(86 + i * 11.5, 392, 5, "#3d6a4e")
    return out + glow(132, 352, 120, "warm", 0.35)


def lights(t):
    """A string of lamps from the shed to the post of the gate and on."""
    out = ""
    for x0, y0, x1, y1, sag, n in ((340, 250, 742, 232, 92, 8), (742, 232, 1290, 196, 104, 10)):
        points = [(mix(x0, x1, k / 24), mix(y0, y1, k / 24) + sag * 4 * (k / 24) * (1 - k / 24)) for k in range(25)]
        out += line(points, "#0e1a20", 2)
        for i in range(1, n):
            k = i / n
            x, y = mix(x0, x1, k), mix(y0, y1, k) + sag * 4 * k * (1 - k)
            out += glow(x, y + 12, 44, "warm", 0.62 + 0.08 * wave(t, 6, i / 7 + x0)) + rect(x - 2.5, y - 1, 5, 6, "#0e1a20") + circle(x, y + 11, 6.5, "#fff0c4")
    return out


def fence():
    out = rect(0, 470, WIDTH, 110, "#16332f")  # the dark between the slats
    for x in range(-10, 1290, 33):
        if 640 < x < 820:
            continue
        out += rect(x, FENCE_Y + 8, 29, 176, "url(#slat)" if x % 2 else "url(#wood)", 2)
        out += line([(x + 9, FENCE_Y + 30), (x + 9, FENCE_Y + 120)], "#4d3629", 1.4)
    for x, w in ((-10, 656), (836, 460)):
        out += rect(x, FENCE_Y + 34, w, 9, "#5e4433") + rect(x, FENCE_Y + 140, w, 9, "#4a3427")
        out += rect(x, FENCE_Y, w, 11, "#a8876a", 3) + rect(x, FENCE_Y + 10, w, 4, "#3d2b20", opacity=0.6)
    # The gate between its two posts, a little lower, with a latch.
    for x in range(668, 820, 25):
        out += rect(x, FENCE_Y + 6, 21, 170, "url(#wood)", 3)
    out += rect(664, FENCE_Y + 36, 156, 10, "#9a7a5e", 2) + rect(664, FENCE_Y + 134, 156, 10, "#9a7a5e", 2)
    out += line([(672, FENCE_Y + 136), (812, FENCE_Y + 44)], "#9a7a5e", 10)
    out += rect(640, FENCE_Y, 196, 11, "#b39273", 3)
    for x in (640, 816):
        out += rect(x, FENCE_Y + 2, 22, 190, "#6a4d3a", 3) + rect(x + 15, FENCE_Y + 12, 7, 178, "#4d3629")
    out += rect(800, FENCE_Y + 76, 22, 7, "#1d2326", 2) + circle(802, FENCE_Y + 80, 7, "#1d2326")
    out += rect(737, 226, 10, FENCE_Y - 220, "#3d2b20") + circle(742, 226, 8, "#5e4433")  # carries the string of lamps
    return out


def grass(t):
    out = path("M0 560 q320 -18 640 4 q330 -18 640 0 v170 h-1280 z", "url(#grass)")
    out += path("M664 566 q76 -8 154 0 q40 60 120 160 h-420 q100 -90 146 -160 z", "#7d7c70") + path("M690 572 q40 -6 76 0 q10 60 20 150 h-190 q70 -90 94 -150 z", "#8d8b7c", opacity=0.6)
    for x, y, w in ((740, 590, 52), (716, 622, 70), (752, 660, 86), (706, 702, 104)):
        out += ellipse(x, y, w, 9, "#a3a08f", 0.55)
    for x in (575, 905):
        out += glow(x, 612, 76, "warm", 0.5) + rect(x - 3, 612, 6, 30, "#0f1c1b") + circle(x, 611, 7, "#ffefc2")
    out += leaves(41, 250, 590, 190, 40, 110, 22, ["#122824", "#1a3a30", "#27503d", "#3b6a4a"])
    out += leaves(42, 1130, 592, 180, 42, 110, 22, ["#122824", "#1a3a30", "#27503d", "#3b6a4a"])
    for i in range(22):
        out += circle((120 if i % 2 else 1010) + (i * 73) % 250, 560 + (i * 37) % 50, 3.6, ("#e5a5a0", "#f4e3b4", "#b9a2dc")[i % 3])
    out += leaves(43, 20, 722, 180, 46, 80, 26, ["#0a1715", "#10231f", "#17322a"])
    out += leaves(44, 1260, 722, 190, 50, 80, 26, ["#0a1715", "#10231f", "#17322a"])
    return out


def fireflies(t):
    out = ""
    for i in range(9):
        x = 180 + (i * 271) % 960 + 36 * wave(t, 12, i / 9)
        y = 600 + (i * 53) % 90 + 18 * wave(t, 8, i / 5)
        k = max(0.0, wave(t, (3, 4, 6)[i % 3], i / 9))
        out += glow(x, y, 15, "warm", 0.8 * k) + circle(x, y, 2, "#f6ffc0", k)
    return out


def visitor(t):
    start, walk = WIDTH + 70, SPEED * (PAUSE - ENTER)
    if not ENTER < t < GO + 9:
        return ""
    distance = min(walk, SPEED * max(0.0, t - ENTER)) + SPEED * max(0.0, t - GO - 0.5)
    walking = 1 - ease(t, PAUSE - 0.3, PAUSE) + ease(t, GO + 0.3, GO + 0.7)
    sit = ease(t, PAUSE, PAUSE + 0.6) * (1 - ease(t, GO - 0.2, GO + 0.4))
    look = ease(t, PAUSE + 0.9, PAUSE + 1.3) * (1 - ease(t, GO - 1.2, GO - 0.8))
    return cat(t, start - distance, FENCE_Y + 1, -1, distance, walking, sit, look)


def scene(t):
    return (DEFS + sky(t) + trees(t) + shed() + fence() + lights(t) + visitor(t) + moths(742, 244, t, 2)
            + grass(t) + fireflies(t))


if __name__ == "__main__":
    write(sys.argv[1], scene)
