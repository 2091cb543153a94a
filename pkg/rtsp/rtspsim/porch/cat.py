"""The cat: a figure seen from the side, and sitting down to look at you."""

import math

from ink import ellipse, group, line, mix, path, polar, wave

FUR, FUR_DARK, FUR_LIGHT = "#33304a", "#262339", "#4a4666"
SPEED, CYCLE = 95, 0.62  # px/s, s


def paw(x, y, phase, walking, color, length=24):
    swing = walking * 24 * math.sin(phase)
    lift = walking * 26 * max(0.0, math.cos(phase))
    kx, ky = polar(0, 0, length / 2, swing + 6)
    fx, fy = polar(kx, ky, length / 2, swing - lift - 4)
    return group(line([(0, 0), (kx, ky), (fx, fy)], color, 9.5) + line([(fx, fy + 1), (fx + 5, fy + 1)], color, 7), x, y)


def head(look):
    """Look 0 is in profile along the walk, 1 is straight at the camera."""
    ears = path("M-15 -7 l-1 -19 l14 9 z M15 -7 l1 -19 l-14 9 z", FUR) + path("M-12 -10 l-1 -10 l7 5 z M12 -10 l1 -10 l-7 5 z", "#7d5a72")
    skull = ellipse(0, 0, 18, 15, FUR) + ellipse(mix(9, 0, look), 6, 9, 6.5, FUR_LIGHT)
    eyes = ""
    for side in (-1, 1):
        x = mix(8, 0, look) + side * mix(3, 7, look)
        if side > 0 or look > 0.4:
            eyes += ellipse(x, -2, 3.1, mix(2.6, 4.2, look), "#e9e58a") + ellipse(x, -2, 1.1, mix(2.2, 3.6, look), "#17152a")
    nose = path("M-2.500 3 h5 l-2.500 3 z", "#d08a96")
    return ears + skull + eyes + group(nose, mix(12, 0, look), 0)


def cat(t, x, y, facing, distance, walking, sit, look):
    """Draws it with the paws on y; sit and look run from 0 to 1."""
    phase = 2 * math.pi * distance / (SPEED * CYCLE)
    bob = walking * 1.5 * math.sin(2 * phase)
    rear = mix(-26, -17, sit) + bob
    front = mix(-27, -38, sit) + bob
    curl = 12 * wave(t, 1.5) * mix(0.6, 1, sit)
    tail = path(f"M-34 {rear-4:.1f} C -60 {rear-2:.1f} {-66+curl*.3:.1f} {mix(-60,-6,sit):.1f} {-50+curl:.1f} {mix(-82,-34,sit):.1f}",
                stroke=FUR, stroke_width=8.5, stroke_linecap="round")
    far = paw(-26, rear + 2, phase + math.pi / 2, walking, FUR_DARK, mix(24, 15, sit)) + paw(mix(24, 27, sit), mix(-25, -36, sit), phase + math.pi * 1.5, walking, FUR_DARK, mix(24, 34, sit))
    body = path(f"M-38 {rear:.1f} q2 {mix(-15,-24,sit):.1f} 34 {front-rear-12:.1f} q26 -4 37 {6+bob:.1f} q9 10 -1 20 "
                f"q-10 {mix(9,14,sit):.1f} -38 {mix(8,22,sit):.1f} q-32 {mix(5,4,sit):.1f} -32 {rear-front-mix(19,38,sit):.1f} z", FUR)
    haunch = ellipse(-24, rear + 1, mix(14, 19, sit), mix(13, 17, sit), FUR)
    near = paw(-24, rear + 2, phase, walking, FUR, mix(24, 14, sit)) + paw(mix(27, 33, sit), mix(-25, -36, sit), phase + math.pi, walking, FUR, mix(24, 34, sit))
    chest = ellipse(31, front + 6, mix(9, 11, sit), mix(11, 18, sit), FUR)
    rim = path(f"M-30 {rear-12:.1f} q24 {front-rear-4:.1f} 52 {front-rear-3:.1f}", stroke=FUR_LIGHT, stroke_width=2.5, stroke_linecap="round", opacity=0.8)
    face = group(head(look), mix(46, 40, sit), front - mix(14, 22, sit))
    return group(far + tail + body + haunch + chest + rim + near + face, x, y, scale_x=facing)
