// Draws the strip. Colours are the page's tokens, read again when the scheme changes.
import { midnight, nextMidnight } from '../midnight'
import { show } from '../time'
import type { Known, Span } from './data'
import { shares, wide } from './shade'
import type { View } from './view'

const top = 30 // the band begins here; above it is the playhead's time
const band = 78
const foot = top + band
const line = 3 // of what was recorded, at the foot
const minute = 60_000
const hour = 60 * minute
// Distances between labels, and into how many parts ticks divide them.
const ladder: [number, number][] = [
  [minute, 2], [2 * minute, 2], [5 * minute, 5], [10 * minute, 2], [15 * minute, 3], [30 * minute, 3],
  [hour, 2], [2 * hour, 2], [3 * hour, 3], [6 * hour, 2], [12 * hour, 2], [24 * hour, 2],
]

// As wide as the playhead's time gets.
const widest = show(new Date(2000, 0, 1, 22).getTime(), 'seconds').replace(/\d/g, '0')

type Ink = Record<'ink' | 'ink-3' | 'paper' | 'card' | 'line' | 'edge' | 'wash' | 'sky' | 'glow' | 'lamp' | 'lamp-soft', string> & { font: string }

export function readInk(): Ink {
  const css = getComputedStyle(document.documentElement)
  const names = ['ink', 'ink-3', 'paper', 'card', 'line', 'edge', 'wash', 'sky', 'glow', 'lamp', 'lamp-soft'] as const
  const ink = Object.fromEntries(names.map((n) => [n, css.getPropertyValue(`--${n}`).trim()]))
  return { ...ink, font: getComputedStyle(document.body).fontFamily } as Ink
}

export interface Scene {
  view: View
  data: Known
  clip?: Span
  live: boolean
}

export class Painter {
  ink = readInk()
  #c: CanvasRenderingContext2D

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.#c = canvas.getContext('2d') as CanvasRenderingContext2D
  }

  /** Fits the canvas to its element; returns its width in CSS pixels. */
  fit(): number {
    const { width, height } = this.canvas.getBoundingClientRect()
    const dpr = devicePixelRatio || 1
    this.canvas.width = Math.round(width * dpr)
    this.canvas.height = Math.round(height * dpr)
    this.#c.setTransform(dpr, 0, 0, dpr, 0, 0)
    return width
  }

  draw(s: Scene): void {
    const c = this.#c
    c.clearRect(0, 0, s.view.width, this.canvas.height)
    this.#ticks(s.view)
    this.#footage(s)
    this.#gaps(s)
    this.#marks(s)
    this.#now(s.view)
    if (s.clip) this.#clip(s.view, s.clip)
    this.#head(s)
  }

  #footage({ view, data }: Scene): void {
    const c = this.#c
    c.fillStyle = this.ink.wash
    for (const f of data.footage) this.#rect(view, f.from, f.to, top, band)
    // The band is a hue, and not seen by all: the line below it is.
    c.fillStyle = this.ink.sky
    for (const f of data.footage) this.#rect(view, f.from, f.to, foot - line, line)
    if (!data.step || !data.scores.length) return
    c.save()
    c.beginPath()
    for (const f of data.footage) {
      const [a, b] = [view.x(f.from), view.x(f.to)]
      if (b > 0 && a < view.width) c.rect(a, top, b - a, band)
    }
    c.clip()
    c.beginPath()
    const first = Math.max(Math.floor((view.from - data.origin) / data.step) - 1, 0)
    const last = Math.min(Math.ceil((view.to - data.origin) / data.step) + 1, data.scores.length - 1)
    c.moveTo(view.x(data.origin + first * data.step), foot)
    // Columns of 2 px take the highest score in them: a short stir must not vanish when zoomed out.
    const stride = Math.max(1, Math.round((2 * view.span) / view.width / data.step))
    for (let i = first - (first % stride); i <= last; i += stride) {
      let peak = 0
      for (let k = Math.max(i, first); k < Math.min(i + stride, last + 1); k++) peak = Math.max(peak, data.scores[k])
      c.lineTo(view.x(data.origin + (i + stride / 2) * data.step), foot - line - (peak / 255) * (band - 12))
    }
    c.lineTo(view.x(data.origin + (last + 1) * data.step), foot)
    c.closePath()
    c.globalAlpha = 0.5
    c.fillStyle = this.ink.sky
    c.fill()
    c.restore()
  }

  #gaps({ view, data }: Scene): void {
    const c = this.#c
    const short = { troubles: [] as { a: number; b: number }[], planned: [] as { a: number; b: number }[] }
    for (const g of data.gaps) {
      const a = Math.max(view.x(g.from), -20)
      const b = Math.min(view.x(Math.min(g.to, Date.now())), view.width + 20)
      if (b < 0 || a > view.width) continue
      const w = b - a
      if (w < wide) {
        short[g.planned ? 'planned' : 'troubles'].push({ a, b })
        continue
      }
      c.save()
      c.beginPath()
      c.rect(a, top, w, band)
      c.clip()
      c.fillStyle = this.ink.card
      c.fillRect(a, top, w, band)
      c.strokeStyle = this.ink.edge
      c.lineWidth = g.planned ? 1 : 1.25
      c.globalAlpha = g.planned ? 0.28 : 0.75 // what was asked for is no trouble
      c.beginPath()
      // The hatching belongs to the film: it moves with it.
      const origin = ((view.x(midnight(view.at)) % 8) + 8) % 8
      for (let x = Math.floor((a - band) / 8) * 8 + origin - 8; x < a + w; x += 8) {
        c.moveTo(x, foot)
        c.lineTo(x + band, top)
      }
      c.stroke()
      c.restore()
      this.#label(g.reason, a, w, g.planned ? this.ink['ink-3'] : this.ink.ink)
    }
    this.#shade(view, short.planned, 0.5, 0)
    this.#shade(view, short.troubles, 1, 6)
  }

  // What happened is a dot on the band: a ring before anything else, and motion
  // behind it all, since its graph is there, too.
  #marks({ view, data }: Scene): void {
    const c = this.#c
    for (const [kinds, r, ink] of [
      [(k: string) => k === 'motion', 2.5, this.ink['ink-3']],
      [(k: string) => k !== 'motion' && k !== 'ring', 4, this.ink.ink],
      [(k: string) => k === 'ring', 6, this.ink.lamp],
    ] as const) {
      let last = -Infinity
      for (const m of data.marks) {
        const x = view.x(m.from)
        if (!kinds(m.kind) || x < -r || x > view.width + r || x - last < r) continue
        last = x
        c.fillStyle = this.ink.card
        disc(c, x, top + 9, r + 1.5)
        c.fillStyle = ink
        disc(c, x, top + 9, r)
      }
    }
  }

  // Many short gaps must not paint over the film between them: each column is
  // as dark as what is missing of it. A foot of full strength shows a single one.
  #shade(view: View, gaps: { a: number; b: number }[], strength: number, height: number): void {
    const c = this.#c
    c.fillStyle = this.ink.edge
    shares(gaps, view.width).forEach((share, x) => {
      if (!share) return
      c.globalAlpha = Math.max(share, 0.06) * strength
      c.fillRect(x, top, 1, band)
      c.globalAlpha = 1
      c.fillRect(x, foot - height, 1, height)
    })
    c.globalAlpha = 1
  }

  #label(text: string, a: number, w: number, ink: string): void {
    const c = this.#c
    c.font = `560 12px ${this.ink.font}`
    const wide = c.measureText(text).width + 16
    const [from, to] = [Math.max(a, 0), Math.min(a + w, this.canvas.width)]
    if (wide > to - from - 8) return
    const x = (from + to) / 2
    c.fillStyle = this.ink.card
    pill(c, x - wide / 2, top + band / 2 - 12, wide, 24)
    this.#text(text, x, top + band / 2 + 4, ink)
  }

  #now(view: View): void {
    const x = view.x(Date.now())
    if (x > view.width) return
    const c = this.#c
    c.fillStyle = this.ink.lamp
    c.fillRect(x - 1, top, 2, band)
  }

  #ticks(view: View): void {
    const c = this.#c
    c.fillStyle = this.ink.line
    c.fillRect(0, foot, view.width, 1)
    const [step, parts] = ladder.find(([s]) => (s / view.span) * view.width >= 74) ?? ladder[ladder.length - 1]
    const minor = step / parts
    c.font = `500 12px ${this.ink.font}`
    // Counted from local midnight of each day, so that labels are round there, also when a day has 23 or 25 hours.
    for (let day = midnight(view.from); day < view.to; day = nextMidnight(day)) {
      const next = nextMidnight(day)
      for (let k = 0, t = day; t < next - minor / 2; t = day + ++k * minor) {
        const x = view.x(t)
        if (x < -60 || x > view.width + 60) continue
        const major = k % parts === 0
        c.fillStyle = this.ink.line
        c.fillRect(Math.round(x), foot, 1, major ? 10 : 6)
        if (!major) continue
        const label = t === day ? show(t, 'day') : show(t, 'clock')
        const half = c.measureText(label).width / 2 + 4
        if (x > half && x < view.width - half) this.#text(label, x, foot + 27, this.ink[t === day ? 'ink' : 'ink-3'])
      }
    }
  }

  #clip(view: View, clip: Span): void {
    const c = this.#c
    const [a, b] = [view.x(clip.from), view.x(clip.to)]
    c.globalAlpha = 0.22
    c.fillStyle = this.ink.glow
    c.fillRect(a, top, b - a, band)
    c.globalAlpha = 1
    c.fillStyle = this.ink.lamp
    c.fillRect(a, top, b - a, 2)
    c.fillRect(a, foot - 2, b - a, 2)
    for (const x of [a, b]) {
      c.fillRect(x - 1.5, top, 3, band)
      pill(c, x - 6, top + band / 2 - 15, 12, 30)
    }
  }

  #head({ view, live }: Scene): void {
    const c = this.#c
    const x = view.head
    c.fillStyle = this.ink.ink
    c.fillRect(x - 1, 12, 2, foot - 4)
    const text = show(view.at, 'seconds')
    c.font = `620 13px ${this.ink.font}`
    const w = Math.max(c.measureText(widest).width + 22, 78) + (live ? 14 : 0)
    pill(c, x - w / 2, 0, w, 25)
    this.#text(text, x + (live ? 7 : 0), 17, this.ink.paper)
    if (!live) return
    c.fillStyle = '#ff6b57'
    c.beginPath()
    c.arc(x - w / 2 + 14, 12.5, 3.5, 0, 7)
    c.fill()
  }

  #rect(view: View, from: number, to: number, y: number, height: number): void {
    const [a, b] = [Math.max(view.x(from), -1), Math.min(view.x(to), view.width + 1)]
    if (b > a) this.#c.fillRect(a, y, b - a, height)
  }

  #text(text: string, x: number, y: number, ink: string): void {
    this.#c.fillStyle = ink
    this.#c.textAlign = 'center'
    this.#c.fillText(text, x, y)
  }
}

function disc(c: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  c.beginPath()
  c.arc(x, y, r, 0, 7)
  c.fill()
}

function pill(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  c.beginPath()
  c.roundRect(x, y, w, h, Math.min(w, h) / 2)
  c.fill()
}
