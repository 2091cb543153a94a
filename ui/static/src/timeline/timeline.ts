// The timeline: view, data, drawing and hands put together, and what a
// screen reader hears of it.
import { length, say } from '../words'
import { midnight, nextMidnight } from '../midnight'
import { show } from '../time'
import type { Known, Span } from './data'
import { Painter, readInk } from './draw'
import { handle } from './input'
import { View, zooms } from './view'

export interface Events {
  scrub(at: number, span: number): void // a hand moves over so much of time
  seek(at: number): void
  live(): void
  clip(clip: Span): void
  zoomed(step: string | undefined): void
  loaded(): void // the timeline's data came
  hover(at: number | undefined): void // a mouse is over what was recorded then
}

const glide = 220 // ms
const lead = 5000 // ms before what happened, so that one sees who comes

export class Timeline<D extends Known = Known> {
  readonly view = new View()
  readonly data: D
  clip?: Span
  readonly #words: HTMLElement
  live = false // what is shown is happening now
  #paint: Painter
  #frame = 0
  #motion?: { from: number; to: number; begun: number }
  #holding = false // a hand or a motion moves the film; the player must not
  #told = ''

  constructor(
    private readonly strip: HTMLElement,
    private readonly tip: HTMLElement,
    canvas: HTMLCanvasElement,
    source: (changed: () => void) => D,
    private readonly on: Events,
  ) {
    this.data = source(() => {
      this.draw()
      on.loaded()
    })
    this.#words = tip.querySelector('[data-tip-text]') as HTMLElement
    this.#paint = new Painter(canvas)
    new ResizeObserver(() => {
      this.view.width = this.#paint.fit()
      this.#render() // in the same frame: a resized canvas is empty
    }).observe(strip)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#paint.ink = readInk()
      this.draw()
    })
    handle(strip, this.view, {
      scrub: (at) => this.drag(at),
      seek: (at) => this.drop(at),
      glide: (at) => this.go(at),
      zoomed: () => this.#zoomed(),
      hover: (x) => this.#hover(x),
      grip: (x) => this.#grip(x),
      clip: (end, at) => this.#cut(end, at),
      key: (e) => this.#key(e),
    })
  }

  /** The player shows at; the film follows unless a hand is on it. */
  follow(at: number): void {
    if (this.#holding || this.#motion) return
    // Nothing is drawn for less than a quarter of a pixel.
    if (Math.abs(at - this.view.at) < this.view.span / this.view.width / 4 && Math.floor(at / 1000) === Math.floor(this.view.at / 1000)) return
    this.view.at = at
    this.draw()
  }

  /** Moves the film to at, then asks for its picture. */
  go(at: number): void {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    const to = Math.min(at, Date.now())
    if (still || Math.abs(to - this.view.at) > 3 * this.view.span) this.view.at = to
    else this.#motion = { from: this.view.at, to, begun: performance.now() }
    this.draw()
    this.drop(to)
  }

  /** Goes to what happened next, or before. */
  step(back: boolean): void {
    // Whoever goes back soon after a beginning means the one before it.
    const mark = this.data.mark(this.view.at + (back ? lead - 3000 : lead + 1000), back)
    if (mark) this.go(mark.from - lead)
  }

  /** A hand moves over the past, here or elsewhere, and sees span of it. */
  drag(at: number, span = this.view.span): void {
    this.#holding = true
    this.#motion = undefined
    this.view.at = Math.min(at, Date.now())
    this.draw()
    this.on.scrub(this.view.at, span)
  }

  /** It has let go. */
  drop(at: number): void {
    this.#holding = false
    // The last seconds are not on disk yet: the edge of the film is live.
    if (at > Date.now() - 3000) this.on.live()
    else this.on.seek(at)
  }

  zoom(span: number): void {
    this.view.zoom(span)
    this.#zoomed()
  }

  draw(): void {
    this.#frame ||= requestAnimationFrame(() => this.#render())
  }

  #render(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const m = this.#motion
    if (m) {
      const k = Math.min((performance.now() - m.begun) / glide, 1)
      this.view.at = m.from + (m.to - m.from) * (1 - (1 - k) ** 3)
      if (k === 1) this.#motion = undefined
      else this.draw()
    }
    this.data.want(this.view)
    this.#paint.draw({ view: this.view, data: this.data, clip: this.clip, live: this.live && !this.#holding })
    this.#tell()
  }

  #zoomed(): void {
    this.on.zoomed(this.view.step)
    this.draw()
  }

  #hover(x: number | undefined): void {
    this.tip.hidden = x === undefined
    if (x === undefined) return this.on.hover(undefined)
    const at = this.view.time(x)
    const gap = this.data.gapAt(at)
    const near = this.data.marks.findLast((m) => Math.abs(this.view.x(m.from) - x) < 7)
    const what = near ? [near.where, say(`event_${near.kind}`)].filter(Boolean).join(': ') : gap ? `${gap.reason}, ${length(Math.min(gap.to, Date.now()) - gap.from)}` : at > Date.now() ? say('future') : this.data.recordedAt(at) ? '' : say('no_footage')
    const shown = near?.from ?? at
    this.#words.textContent = what ? `${show(shown, 'seconds')} · ${what}` : show(shown, 'seconds')
    this.on.hover(near ? near.from + 1000 : what ? undefined : at) // a second on there is something to see
    const left = Math.min(Math.max(x - this.tip.offsetWidth / 2, 6), this.view.width - this.tip.offsetWidth - 6)
    this.tip.style.transform = `translateX(${left}px)`
  }

  #grip(x: number): 'from' | 'to' | undefined {
    if (!this.clip) return undefined
    const [a, b] = [Math.abs(this.view.x(this.clip.from) - x), Math.abs(this.view.x(this.clip.to) - x)]
    if (Math.min(a, b) > 22) return undefined
    // Of two grips on top of each other the outer one is meant.
    return a < b || (a === b && x < this.view.x(this.clip.from)) ? 'from' : 'to'
  }

  #cut(end: 'from' | 'to', at: number): void {
    if (!this.clip) return
    const least = 1000
    const clip = { ...this.clip }
    if (end === 'from') clip.from = Math.min(at, clip.to - least)
    else clip.to = Math.max(Math.min(at, Date.now()), clip.from + least)
    this.clip = clip
    this.on.clip(clip)
    this.draw()
  }

  #key(e: KeyboardEvent): boolean {
    const step = this.view.span / 60
    const by = (ms: number) => (this.drag(this.view.at + ms), this.#later(), true)
    switch (e.key) {
      case 'ArrowLeft':
        return by(e.shiftKey ? -10 * step : -step)
      case 'ArrowRight':
        return by(e.shiftKey ? 10 * step : step)
      case 'PageUp':
        return by(-this.view.span)
      case 'PageDown':
        return by(this.view.span)
      case 'Home':
        return this.#to(midnight(this.view.at - 1))
      case 'End':
        return this.#to(Math.min(nextMidnight(this.view.at), Date.now()))
      case '+':
      case '=':
        return this.zoom(this.view.span / 1.5), true
      case '-':
        return this.zoom(this.view.span * 1.5), true
      case 'n':
      case 'p':
        return this.step(e.key === 'p'), true
      case '[':
        return this.#cut('from', this.view.at), true
      case ']':
        return this.#cut('to', this.view.at), true
    }
    return false
  }

  #to(at: number): boolean {
    this.go(at)
    return true
  }

  #settle = 0
  #later(): void {
    clearTimeout(this.#settle)
    this.#settle = window.setTimeout(() => this.drop(this.view.at), 250)
  }

  // Once a second is as often as anyone wants to hear it, and when it is not live any more.
  #tell(): void {
    const second = Math.floor(this.view.at / 1000)
    const told = `${second} ${this.live}`
    if (told === this.#told) return
    this.#told = told
    const gap = this.data.gapAt(this.view.at)
    const what = this.live ? say('live') : (gap?.reason ?? say(this.data.recordedAt(this.view.at) ? 'recorded' : 'no_footage'))
    const day = Math.floor(midnight(this.view.at) / 1000)
    this.strip.setAttribute('aria-valuemax', String(nextMidnight(this.view.at) / 1000 - day))
    this.strip.setAttribute('aria-valuenow', String(second - day))
    this.strip.setAttribute('aria-valuetext', `${show(this.view.at, 'moment')}, ${what}`)
  }
}

export { zooms }
