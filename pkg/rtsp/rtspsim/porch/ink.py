"""What both scenes draw with: shapes as SVG text, and easing for motion."""

import math
import random

WIDTH, HEIGHT = 1280, 720
SECONDS, FPS = 24, 15


def ease(t, start, end):
    """0 before start, 1 after end, smooth between."""
    x = min(1.0, max(0.0, (t - start) / (end - start)))
    return x * x * (3 - 2 * x)


def mix(a, b, x):
    return a + (b - a) * x


def wave(t, period, phase=0.0):
    """A sine that is whole over the clip when period divides SECONDS."""
    return math.sin(2 * math.pi * (t / period + phase))


def polar(x, y, length, degrees):
    """The point at a length from (x, y); 0 degrees is down, positive is toward the right."""
    a = math.radians(degrees)
    return x + length * math.sin(a), y + length * math.cos(a)


def path(d, fill="none", **attributes):
    more = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items())
    return f'<path d="{d}" fill="{fill}"{more}/>'


def line(points, color, width):
    d = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return path(d, stroke=color, stroke_width=f"{width:.1f}", stroke_linecap="round", stroke_linejoin="round")


def rect(x, y, w, h, fill, r=0, opacity=1.0):
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{fill}" opacity="{opacity:.3f}"/>'


def circle(x, y, r, fill, opacity=1.0):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" opacity="{opacity:.3f}"/>'


def ellipse(x, y, rx, ry, fill, opacity=1.0):
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}" opacity="{opacity:.3f}"/>'


def group(inner, x=0.0, y=0.0, scale_x=1.0, turn=0.0):
    return f'<g transform="translate({x:.2f} {y:.2f}) scale({scale_x:.3f} 1) rotate({turn:.2f})">{inner}</g>'


def gradient(name, stops, radial=False):
    """Stops are (offset, color, opacity); a linear gradient runs from top to bottom."""
    kind, box = ("radialGradient", "") if radial else ("linearGradient", ' x1="0" y1="0" x2="0" y2="1"')
    inner = "".join(f'<stop offset="{o}" stop-color="{c}" stop-opacity="{a}"/>' for o, c, a in stops)
    return f'<{kind} id="{name}"{box}>{inner}</{kind}>'


def glow(x, y, r, name, opacity):
    return circle(x, y, r, f"url(#{name})", opacity)


def leaves(seed, x, y, rx, ry, count, size, colors):
    """A crown or a bush: many overlapping discs, later ones lighter and higher."""
    rng = random.Random(seed)
    discs = []
    for i in range(count):
        a, d = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random())
        dy = d * math.sin(a)
        shade = min(len(colors) - 1, int((i / count * 0.5 + (1 - dy) / 2 * 0.5) * len(colors)))
        discs.append((shade, circle(x + rx * d * math.cos(a), y + ry * dy, size * rng.uniform(0.6, 1.2), colors[shade])))
    return "".join(svg for _, svg in sorted(discs, key=lambda item: item[0]))


def stars(seed, count, bottom, t):
    rng = random.Random(seed)
    out = ""
    for _ in range(count):
        x, y, r = rng.uniform(0, WIDTH), rng.uniform(0, bottom), rng.uniform(0.7, 1.6)
        out += circle(x, y, r, "#fff4dc", (1 - y / bottom) * (0.75 + 0.25 * wave(t, rng.choice([6, 8, 12]), rng.random())))
    return out


def moths(x, y, t, count=3):
    """Small things that circle a lamp, so that the picture is never quite still."""
    out = ""
    for i in range(count):
        a = 2 * math.pi * (t / (3, 4, 6)[i % 3] + i / count)
        out += ellipse(x + (26 + 9 * i) * math.cos(a), y - 6 + (15 + 6 * i) * math.sin(2 * a + i), 2.2,
                       1.2 + abs(wave(t, 0.4, i / 3)), "#ffe9bd", 0.85)
    return out


def write(folder, scene):
    """One SVG a frame."""
    for n in range(SECONDS * FPS):
        with open(f"{folder}/{n:03d}.svg", "w", encoding="ascii") as f:
            f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">{scene(n / FPS)}</svg>')
