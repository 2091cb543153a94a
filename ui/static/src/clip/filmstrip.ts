// A filmstrip with two grips. They lie outside of what they hold, so they never
// overlap, and never cross.
import type { Films } from '../player/storyboard'
import { Data, type Span } from '../timeline/data'
import { show } from '../time'
import { length } from '../words'
import { Reel } from './reel'
import { around, trim, widen, type End } from './window'

const tap = 44 // px of a grip, as in the style
const edge = 14 // px from the end of the strip where it goes on
const pictured = 10 * 24 * 3_600_000 // ms of the longest strip that shows what was recorded: data comes for three times as much, 31 days at most
const glide = 220 // ms
const settle = 400 // ms after the last key

export interface Hands {
  /** A grip moves: the moment under it, and how much of time the strip shows. */
  drag(clip: Span, at: number, span: number): void
  /** It was let go. */
  drop(at: number): void
  loaded(): void // what was recorded became known
}

export class Filmstrip {
  readonly data: Data
  #reel: Reel
  #grips: Record<End, HTMLElement>
  #clip: Span = { from: 0, to: 0 } // until one is set
  #view: Span = { from: 0, to: 1 }
  #width = 1 // px between the outer edges of the grips' rooms
  #held?: { end: End; off: number; x: number }
  #tick = 0
  #later = 0

  constructor(
    private readonly box: HTMLElement,
    camera: number,
    stream: () => string,
    films: Films,
    private readonly hands: Hands,
  ) {
    this.data = new Data(camera, stream, () => (this.#draw(), hands.loaded()))
    this.#reel = new Reel(box.querySelector('canvas') as HTMLCanvasElement, films, this.data)
    const grip = (end: End) => box.querySelector(`[data-grip=${end}]`) as HTMLElement
    this.#grips = { from: grip('from'), to: grip('to') }
    for (const end of ['from', 'to'] as const) this.#handle(end)
    new ResizeObserver(() => this.#fit()).observe(box)
  }

  /** Shows a clip that was chosen elsewhere. */
  set(clip: Span): void {
    if (this.#held) return
    this.#clip = clip
    this.#view = around(clip, Date.now())
    this.#draw()
  }

  /** Whether it is known what was recorded where a clip begins, or will not be: a long one is not looked into. */
  settled(clip: Span): boolean {
    const { from, to } = around(clip, Date.now())
    return to - from >= pictured || this.data.knows(clip.from, clip.from)
  }

  #fit(): void {
    this.#width = Math.max(this.box.clientWidth - 2 * tap, 1)
    this.#reel.fit()
    this.#draw()
  }

  #x(at: number): number {
    return ((at - this.#view.from) / (this.#view.to - this.#view.from)) * this.#width
  }

  #time(x: number): number {
    return this.#view.from + (x / this.#width) * (this.#view.to - this.#view.from)
  }

  #draw(): void {
    if (!this.box.offsetWidth || !this.#clip.to) return
    const { from, to } = this.#clip
    const span = this.#view.to - this.#view.from
    if (span < pictured) this.data.want({ ...this.#view, span })
    this.#reel.draw(this.#view, this.#clip)
    for (const end of ['from', 'to'] as const) {
      const grip = this.#grips[end]
      grip.style.transform = `translateX(${this.#x(this.#clip[end]) + (end === 'to' ? tap : 0)}px)`
      const second = (t: number) => String(Math.round(t / 1000))
      grip.setAttribute('aria-valuemin', second(end === 'from' ? this.#view.from : from))
      grip.setAttribute('aria-valuemax', second(end === 'from' ? to : this.#view.to))
      grip.setAttribute('aria-valuenow', second(this.#clip[end]))
      grip.setAttribute('aria-valuetext', `${show(this.#clip[end], 'moment')}, ${length(to - from)}`)
    }
  }

  #move(end: End, at: number): void {
    const now = Date.now()
    this.#clip = trim(this.#clip, end, Math.round(at / 1000) * 1000, now)
    this.#view = { from: Math.min(this.#view.from, this.#clip.from), to: Math.max(this.#view.to, this.#clip.to) }
    this.#draw()
    this.hands.drag(this.#clip, this.#clip[end], this.#view.to - this.#view.from)
  }

  #handle(end: End): void {
    const grip = this.#grips[end]
    grip.addEventListener('pointerdown', (e) => {
      if (e.button !== 0 || this.#held) return
      e.preventDefault() // no text is chosen
      grip.focus({ preventScroll: true })
      grip.setPointerCapture(e.pointerId)
      cancelAnimationFrame(this.#tick)
      const x = e.clientX - this.box.getBoundingClientRect().left - tap
      this.#held = { end, off: x - this.#x(this.#clip[end]), x }
    })
    grip.addEventListener('pointermove', (e) => {
      const h = this.#held
      if (h?.end !== end || !grip.hasPointerCapture(e.pointerId)) return
      h.x = e.clientX - this.box.getBoundingClientRect().left - tap
      this.#move(end, this.#time(Math.min(Math.max(h.x - h.off, 0), this.#width)))
      this.#beyond(performance.now())
    })
    for (const type of ['pointerup', 'pointercancel'] as const) {
      grip.addEventListener(type, () => {
        if (this.#held?.end !== end) return
        this.#held = undefined
        this.#drop(end)
      })
    }
    grip.addEventListener('keydown', (e) => {
      const by = { ArrowLeft: -1000, ArrowDown: -1000, ArrowRight: 1000, ArrowUp: 1000, PageDown: -60_000, PageUp: 60_000 }[e.key]
      if (!by || e.ctrlKey || e.metaKey || e.altKey) return
      e.preventDefault()
      this.#move(end, this.#clip[end] + (e.shiftKey ? 10 * by : by))
      clearTimeout(this.#later)
      this.#later = window.setTimeout(() => this.#drop(end), settle)
    })
  }

  /** While a grip is held at an end of the strip, that shows more and more of time. */
  #beyond(last: number): void {
    cancelAnimationFrame(this.#tick)
    this.#tick = requestAnimationFrame((now) => {
      const h = this.#held
      if (!h) return
      const out = h.end === 'from' ? h.x - h.off < edge : h.x - h.off > this.#width - edge
      if (!out) return
      this.#view = widen(this.#view, h.end, Math.min(Math.max(now - last, 0), 100), Date.now())
      this.#move(h.end, h.end === 'from' ? this.#view.from : this.#view.to)
      this.#beyond(now)
    })
  }

  #drop(end: End): void {
    this.hands.drop(this.#clip[end])
    const from = this.#view
    const to = around(this.#clip, Date.now())
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    const begun = performance.now()
    const step = () => {
      const k = still ? 1 : Math.min((performance.now() - begun) / glide, 1)
      const ease = 1 - (1 - k) ** 3
      this.#view = { from: from.from + (to.from - from.from) * ease, to: from.to + (to.to - from.to) * ease }
      this.#draw()
      if (k < 1) this.#tick = requestAnimationFrame(step)
    }
    cancelAnimationFrame(this.#tick)
    step()
  }
}
