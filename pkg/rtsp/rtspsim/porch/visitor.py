"""The visitor: a figure seen from the side, walking by two angles a limb."""

import math

from ink import circle, ellipse, group, line, mix, path, polar, wave

COAT, COAT_DARK, TROUSERS, TROUSERS_DARK = "#d9963c", "#b4762a", "#3a3f5c", "#2c3049"
SKIN, HAIR, SCARF, SHOE, BAG = "#e2aa84", "#4a2c23", "#a63d40", "#2a1f1d", "#6b4430"
THIGH, SHIN, SPEED = 50, 50, 150  # px, px, px/s

CYCLE = 1.04  # s for two steps: what makes the standing foot not slide at SPEED


def leg(phase, walking, cloth):
    """Returns the drawing about a hip at (0, 0), and how far down the sole reaches."""
    thigh = walking * 25 * math.sin(phase)
    knee = walking * (6 + 48 * max(0.0, math.cos(phase)) ** 1.6)
    kx, ky = polar(0, 0, THIGH, thigh)
    ax, ay = polar(kx, ky, SHIN, thigh - knee)
    tilt = walking * (14 * math.sin(phase) - 18 * max(0.0, math.cos(phase)))
    shoe = group(path("M-8 -7 h11 q5 4 14 5 q5 2 4 6 h-29 z", SHOE), ax, ay, turn=-tilt)
    return line([(0, 0), (kx, ky), (ax, ay - 2)], cloth, 17) + shoe, ay + 4


def arm(shoulder, elbow, color):
    ex, ey = polar(0, 0, 36, shoulder)
    hx, hy = polar(ex, ey, 33, shoulder + elbow)
    px, py = polar(hx, hy, 6, shoulder + elbow)
    return circle(px, py, 6.2, SKIN) + line([(0, 0), (ex, ey), (hx, hy)], color, 15)


def head(t, nod):
    face = circle(0, 0, 19, SKIN) + path("M17 -3 q7 5 4 9 q-3 2 -6 0 z", SKIN)
    hair = path("M-20 3 q-4 -24 16 -25 q18 -1 22 14 q-12 -3 -20 2 q-2 8 -5 10 l-3 11 q-9 -2 -10 -12 z", HAIR)
    cap = path("M-21 -6 q-1 -23 20 -23 q20 1 21 20 q-20 -5 -41 3 z", SCARF) + circle(-3, -30, 6, "#e8c9a0")
    band = path("M-22 -3 q20 -11 43 -5 l0 -6 q-22 -6 -43 4 z", "#8c3033")
    return group(face + hair + cap + band + circle(11, 0, 1.9, "#2a1f1d"), 1, 0, turn=nod)


def visitor(t, x, ground, facing=1.0, walking=1.0, distance=0.0, reach=0.0, nod=0.0):
    """Draws her with the sole on ground at x. Distance walked sets the legs,
    walking (0 to 1) how wide they swing, reach (0 to 1) the arm to the bell."""
    phase = 2 * math.pi * distance / (SPEED * CYCLE)
    near, near_sole = leg(phase, walking, TROUSERS)
    far, far_sole = leg(phase + math.pi, walking, TROUSERS_DARK)
    hip = -max(near_sole, far_sole)
    swing = walking * 24 * math.sin(phase)
    breath = (1 - walking) * 0.8 * wave(t, 3)
    shoulder = hip - 62 + breath

    coat = path(f"M-16 {shoulder-8:.1f} q16 -9 31 1 q9 22 8 48 l5 42 q-24 9 -49 1 q-1 -52 5 -92 z", COAT)
    shade = path(f"M-16 {shoulder-8:.1f} q-6 40 -5 92 q6 2 12 2.4 q-5 -52 2 -96 z", COAT_DARK, opacity=0.55)
    hem = line([(-3, hip - 4), (-2, hip + 20)], COAT_DARK, 2)
    flutter = walking * 5 * math.sin(2 * phase) + breath
    tail = path(f"M-13 {shoulder-10:.1f} q-16 8 {-20-4*walking:.1f} {22+flutter:.1f} l10 7 q3 -14 17 -19 z", "#8c3033")
    scarf = path(f"M-17 {shoulder-13:.1f} q16 10 32 1 q4 6 1 11 q-17 8 -34 -1 q-3 -6 1 -11 z", SCARF)
    strap = line([(10, shoulder - 4), (-15, hip - 14)], BAG, 4)
    bag = path(f"M-30 {hip-22:.1f} h26 q4 0 4 4 v20 q0 5 -5 5 h-24 q-5 0 -5 -5 v-20 q0 -4 4 -4 z", BAG)

    rest = -swing * 0.9 + 4
    near_arm = group(arm(mix(rest, 88, reach), mix(18, 22, reach), COAT), -1, shoulder + 4)
    far_arm = group(arm(swing * 0.9, 14, COAT_DARK), 4, shoulder + 4)
    # One arm swings against the leg of its side; the bag hangs on the far one.
    figure = (far_arm + group(far, 2, hip) + tail + group(near, 0, hip) + coat + shade + hem + strap + bag + scarf
              + group(head(t, nod), 1, shoulder - 31) + near_arm)
    shadow = ellipse(x, ground + 3, 40, 5.5, "#120c18", 0.42)
    return shadow + group(figure, x, ground, scale_x=facing)
