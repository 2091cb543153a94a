"""Front door: a porch at dusk. Somebody comes up the path, rings, waits, and goes."""

import sys

from ink import (HEIGHT, WIDTH, circle, ease, ellipse, glow, gradient, group, leaves, line, mix, moths, path, rect,
                 stars, wave, write)
from visitor import SPEED, visitor

PATH_Y, DECK_Y = 646, 566  # the height of the path, and of the porch's floor
STEPS = (628, 740)  # where the steps begin and end
STAND, RING = 800, 9.0  # where the visitor stands to ring; when, in seconds (draw.sh chimes then)
ENTER, LEAVE = 1.4, 15.4
LANTERN = (848, 322)

DEFS = "<defs>" + "".join([
    gradient("sky", [(0, "#232749", 1), (0.38, "#4d426f", 1), (0.62, "#a3617c", 1), (0.82, "#ec9a6c", 1), (1, "#f9c98a", 1)]),
    gradient("lawn", [(0, "#3c4a3c", 1), (1, "#1d2a26", 1)]),
    gradient("wall", [(0, "#4a5b74", 1), (1, "#5f6f84", 1)]),
    gradient("stone", [(0, "#9b8b8d", 1), (1, "#6d6268", 1)]),
    gradient("door", [(0, "#9d3b30", 1), (1, "#7c2c28", 1)]),
    gradient("pane", [(0, "#ffdf9e", 1), (1, "#f2a950", 1)]),
    gradient("roof", [(0, "#3b3046", 1), (1, "#2a2234", 1)]),
    gradient("warm", [(0, "#ffdf9a", 1), (0.25, "#ffc66b", 0.55), (1, "#ff9d3c", 0)], radial=True),
    gradient("sun", [(0, "#ffe2ad", 0.85), (1, "#ffb070", 0)], radial=True),
]) + "</defs>"


def sky(t):
    out = rect(0, 0, WIDTH, 520, "url(#sky)") + stars(7, 46, 300, t)
    out += ellipse(250, 470, 420, 150, "url(#sun)", 0.9)
    out += path("M176 82 a35 35 0 1 0 30 50 a31 31 0 0 1 -30 -50 z", "#fff1d6")
    for x, y, w in ((330, 236, 150), (90, 296, 190), (520, 330, 130)):
        x += 5 * wave(t, 24, x)
        out += ellipse(x, y, w, 9, "#d98a86", 0.34) + ellipse(x + 46, y - 9, w * 0.55, 7, "#f0b092", 0.30)
    return out


def street(t):
    out = path("M0 452 q120 -58 260 -22 q150 -60 330 6 q60 16 120 0 v120 h-710 z", "#6d4c6d")
    out += path("M0 486 q150 -44 300 -10 q160 -36 330 10 h80 v100 h-710 z", "#4a3a58")
    # The neighbors' house, its lit windows, and smoke from its chimney.
    out += path("M322 404 l58 -46 l58 46 v86 h-116 z", "#3a2f4a") + rect(404, 352, 15, 36, "#3a2f4a")
    out += path("M314 408 l66 -53 l66 53", stroke="#2c2439", stroke_width=7)
    for x, y in ((340, 424), (396, 424)):
        out += rect(x, y, 22, 27, "url(#pane)", 2) + line([(x + 11, y), (x + 11, y + 27)], "#3a2f4a", 2)
    for i in range(5):
        k = (t / 6 + i / 5) % 1
        out += circle(412 + 26 * k * k + 5 * wave(k, 1), 348 - 92 * k, 5 + 13 * k, "#b79aa8", 0.30 * (1 - k) * min(1, 6 * k))
    for x, s in ((66, 1.25), (232, 0.8), (500, 0.95)):
        sway = 1.2 * wave(t, 8, x / 100)
        out += path(f"M{x-6} 505 l3 -90 h6 l3 90 z", "#2b2233")
        out += group(leaves(x, 0, 0, 56 * s, 66 * s, 60, 19 * s, ["#27303a", "#2f3d40", "#3c4b45", "#556049"]), x, 398 - 12 * s, turn=sway)
    return out


def garden(t):
    out = path("M0 500 h1280 v220 h-1280 z", "url(#lawn)")
    for x in range(-8, 620, 26):
        out += path(f"M{x} 556 v-50 l7 -9 l7 9 v50 z", "#c9b3a4" if x % 52 else "#bda698")
    out += rect(0, 517, 620, 6, "#b39c90") + rect(0, 539, 620, 6, "#a58f85")
    out += leaves(3, 560, 548, 66, 34, 60, 17, ["#20302b", "#2a3d32", "#38503a", "#4b6244"])
    out += leaves(4, 36, 560, 72, 30, 50, 17, ["#20302b", "#2a3d32", "#38503a"])
    # The path: flat stones with dark joints.
    out += path(f"M0 {PATH_Y-24} h660 v50 h-660 z", "url(#stone)") + path(f"M0 {PATH_Y+26} h660 v9 h-660 z", "#2a2a2c")
    for i, x in enumerate(range(-40, 660, 74)):
        out += line([(x, PATH_Y - 23), (x - 9, PATH_Y + 1)], "#564d56", 2) + line([(x + 34, PATH_Y + 2), (x + 24, PATH_Y + 25)], "#564d56", 2)
    out += line([(0, PATH_Y + 1), (650, PATH_Y + 1)], "#564d56", 2)
    for x in (150, 395):  # small lights beside the path
        out += glow(x, PATH_Y - 44, 62, "warm", 0.5) + rect(x - 3, PATH_Y - 46, 6, 24, "#221c26") + circle(x, PATH_Y - 46, 6, "#ffe2a6")
    return out


def house(t, light):
    out = rect(700, 0, 580, DECK_Y, "url(#wall)")
    for y in range(12, DECK_Y, 17):
        out += line([(700, y), (1280, y)], "#3f4f66", 1.6)
    out += rect(700, 0, 14, DECK_Y, "#d9ccbf")
    # Upstairs nobody is in: the pane shows the sky.
    out += rect(884, 8, 142, 112, "#e4d8ca", 3) + rect(894, 18, 122, 92, "#363658") + path("M894 110 l60 -92 h34 l-60 92 z", "#514a72")
    out += rect(952, 18, 6, 92, "#e4d8ca") + rect(876, 118, 158, 10, "#cfc2b4", 2)
    # The window, with curtains and a plant on its sill.
    out += rect(1058, 312, 166, 178, "#e4d8ca", 3) + rect(1069, 323, 144, 156, "url(#pane)")
    out += path("M1069 323 h44 q-6 86 -40 156 h-4 z", "#d98c4a", opacity=0.75) + path("M1213 323 h-44 q6 86 40 156 h4 z", "#d98c4a", opacity=0.75)
    out += rect(1138, 323, 6, 156, "#e4d8ca") + rect(1069, 396, 144, 6, "#e4d8ca") + rect(1050, 488, 182, 11, "#cfc2b4", 2)
    out += path("M1168 479 q-2 -40 -22 -48 q22 0 24 30 q0 -44 20 -60 q-4 30 -12 54 q10 -24 28 -24 q-18 12 -24 48 z", "#3f4a36") + rect(1158, 466, 32, 15, "#7a4a38", 2)
    # The door, its frame, glass and knob; the hall behind it is lit.
    out += rect(884, 296, 142, 270, "#e4d8ca", 3) + rect(896, 308, 118, 258, "url(#door)")
    out += path("M912 322 h86 v66 h-86 z", "url(#pane)", opacity=0.9) + line([(955, 322), (955, 388)], "#7c2c28", 4) + line([(912, 355), (998, 355)], "#7c2c28", 4)
    for x in (912, 960):
        out += rect(x, 404, 38, 60, "#8a322a", 3) + rect(x, 478, 38, 72, "#8a322a", 3)
    out += circle(1003, 452, 5.5, "#e8c274") + rect(1000, 464, 6, 12, "#c79d52", 2)
    # The bell: a dark plate, a ring that lights when pressed.
    out += rect(863, 366, 13, 36, "#1d1a22", 5) + circle(869.5, 374, 3, "#2d3345") + circle(869.5, 391, 4.4, "#7fc4e8" if light < 0.5 else "#fff0c8")
    # Number plate: 22.
    out += rect(1034, 330, 17, 40, "#2a2234", 3)
    for y in (336, 352):
        out += path(f"M1038.500 {y+3} q0 -3 4 -3 q4 0 4 4 q0 3 -8 8 h8", stroke="#e8c274", stroke_width=1.8)
    return out


def porch(t, light):
    lx, ly = LANTERN
    out = glow(lx, ly, mix(118, 215, light), "warm", mix(0.5, 0.85, light) + 0.015 * wave(t, 1.5))
    out += path(f"M{lx-3} {ly-38} q0 -14 14 -14 h12", stroke="#1d1822", stroke_width=5)
    out += path(f"M{lx-16} {ly-22} l16 -16 l16 16 z M{lx-11} {ly+24} h22 l-4 7 h-14 z", "#1d1822")
    out += path(f"M{lx-13} {ly-22} h26 l-3 46 h-20 z", "#ffd27c") + ellipse(lx, ly + 2, 6, mix(11, 15, light), "#fff6de")
    out += moths(lx, ly, t)
    # Roof above, with its underside lit by the lantern, and the floor with its front.
    out += rect(728, 232, 552, 34, "#d9ccbf") + rect(728, 258, 552, 10, "#a9998f")
    out += path("M690 232 l74 -84 h516 v84 z", "url(#roof)")
    for i in range(1, 5):
        y = 148 + i * 17
        out += line([(765 - i * 15, y), (1280, y)], "#453850", 2)
    out += path(f"M700 {DECK_Y} h580 v12 h-580 z", "#b09a8c") + rect(700, DECK_Y + 12, 580, 66, "#4b4350")
    for x in range(712, 1280, 24):
        out += line([(x, DECK_Y + 14), (x, DECK_Y + 76)], "#3b3441", 3)
    out += ellipse(930, DECK_Y + 6, mix(110, 190, light), 6, "#ffc872", mix(0.28, 0.62, light))
    out += rect(900, DECK_Y - 3, 110, 6, "#5a3d33", 2)
    return out


def steps():
    out, rise, run = "", (PATH_Y - DECK_Y) / 4, (STEPS[1] - STEPS[0]) / 4
    for i in range(4):
        x, y = STEPS[0] + i * run, PATH_Y - (i + 1) * rise
        out += rect(x, y, 760 - x, PATH_Y + 22 - y, ("#5c525c", "#665b63", "#70646a", "#7a6d71")[i]) + rect(x - 4, y, run + 8, 6, "#c0aa9a", 2)
    return out


def front(t):
    out = ""
    for x in (744, 1150):  # posts
        out += rect(x, 262, 20, DECK_Y - 262, "#e4d8ca") + rect(x + 14, 262, 6, DECK_Y - 262, "#b8a99c")
        out += rect(x - 5, 262, 30, 12, "#d2c4b6", 2)
    out += rect(1170, 470, 110, 9, "#e4d8ca", 2) + rect(1170, DECK_Y - 14, 110, 7, "#cbbcae")
    for x in range(1184, 1280, 20):
        out += rect(x, 478, 6, DECK_Y - 490, "#d6c8ba")
    # A pot of lavender on the floor, bushes in front.
    out += path(f"M1070 {DECK_Y-34} h52 l-7 34 h-38 z", "#8c5240")
    for i in range(11):
        x = 1074 + i * 4.6
        top = DECK_Y - 78 - 14 * ((i * 7) % 5) / 4
        sway = 2 * wave(t, 4, i / 11)
        out += line([(x, DECK_Y - 34), (x + (i - 5) * 1.6 + sway, top)], "#55704e", 2.4)
        out += ellipse(x + (i - 5) * 1.6 + sway, top, 3.6, 10, "#8f7bb8")
    out += leaves(11, 1180, 668, 130, 44, 110, 22, ["#172420", "#20332a", "#2d4634", "#41593b"])
    out += leaves(12, 880, 690, 120, 30, 80, 18, ["#172420", "#20332a", "#2d4634"])
    out += leaves(13, 40, 716, 150, 40, 90, 24, ["#121c1b", "#182722", "#22362a"])
    for i in range(14):
        out += circle(1085 + (i * 67) % 190, 640 + (i * 41) % 46, 3.4, ("#e9b7a0", "#f2d9b0", "#d98a86")[i % 3])
    return out


def ground(x):
    return mix(PATH_Y, DECK_Y, min(1, max(0, (x - STEPS[0] + 14) / (STEPS[1] - STEPS[0]))))


def somebody(t):
    start = -70
    walk = STAND - start
    if not ENTER < t < LEAVE + walk / SPEED + 0.6:
        return ""
    if t < LEAVE:
        distance = min(walk, SPEED * (t - ENTER))
        x, walking, facing = start + distance, 1 - ease(t, ENTER + walk / SPEED - 0.25, ENTER + walk / SPEED + 0.1), 1
    else:
        distance = max(0.0, SPEED * (t - LEAVE - 0.2))
        x, walking, facing = start + walk - distance, ease(t, LEAVE + 0.1, LEAVE + 0.5), mix(1, -1, ease(t, LEAVE - 0.15, LEAVE + 0.3))
    if abs(facing) < 0.25:  # turned half-way she would be thinner than a person is
        facing = 0.25 if facing >= 0 else -0.25
    reach = ease(t, RING - 0.6, RING - 0.05) * (1 - ease(t, RING + 0.35, RING + 0.9))
    nod = -9 * ease(t, 10.4, 10.9) * (1 - ease(t, 11.9, 12.4)) + 10 * ease(t, 12.9, 13.4) * (1 - ease(t, 14.3, 14.8))
    return visitor(t, x, ground(x), facing, walking, distance, reach, nod)


def scene(t):
    light = ease(t, RING, RING + 0.7) * (1 - ease(t, 19.5, 21.5))
    return (DEFS + sky(t) + street(t) + garden(t) + house(t, light) + porch(t, light) + steps()
            + somebody(t) + front(t) + rect(0, 0, WIDTH, HEIGHT, "#1b1230", opacity=0.10 * (1 - light)))


if __name__ == "__main__":
    write(sys.argv[1], scene)
