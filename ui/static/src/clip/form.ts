// The form that makes a clip: its two times are also the grips on the timeline
// and on the filmstrip.
import type { Films } from '../player/storyboard'
import { fromLocal, iso, toLocal } from '../time'
import type { Span } from '../timeline/data'
import { length, say } from '../words'
import { Filmstrip } from './filmstrip'
import { lacks } from './lacks'
import { megabytes, Sizer } from './size'

const plain = 3_600_000 // the longest clip as a progressive MP4, as in the API

export interface Events {
  changed(clip: Span | undefined): void
  play(clip: Span): void
  drag(at: number, span: number): void // a grip of the filmstrip moves
  drop(at: number): void
}

/** Where a clip is downloaded. */
export function clipAddress(camera: number, stream: string, { from, to }: Span, silent = false): string {
  const query = new URLSearchParams({ stream, from: iso(from), to: iso(to) })
  if (to - from <= plain) query.set('form', silent ? 'silent' : 'progressive')
  return `/api/v1/cameras/${camera}/export.mp4?${query}`
}

export class ClipForm {
  #from: HTMLInputElement
  #to: HTMLInputElement
  #clip: Span
  #strip: Filmstrip
  #silent: HTMLInputElement
  #sizer = new Sizer(() => this.#offer())

  constructor(
    private readonly box: HTMLDetailsElement,
    private readonly camera: number,
    private readonly stream: () => string,
    films: Films,
    now: () => number,
    on: Events,
  ) {
    this.#from = this.#input('from')
    this.#to = this.#input('to')
    this.#silent = this.#input('silent')
    this.#silent.addEventListener('change', () => this.#offer())
    this.#clip = { from: Date.parse(this.#from.dataset.at ?? ''), to: Date.parse(this.#to.dataset.at ?? '') }
    this.#strip = new Filmstrip(box.querySelector('[data-filmstrip]') as HTMLElement, camera, stream, films, {
      drag: (clip, at, span) => {
        this.#take(clip)
        on.changed(this.#clip)
        on.drag(at, span)
      },
      drop: on.drop,
      loaded: () => this.#offer(),
    })
    if (box.open) this.set(this.#clip)
    box.addEventListener('toggle', () => {
      if (!box.open) return on.changed(undefined)
      const end = Math.min(now() + 30_000, Date.now() - 2000)
      this.set({ from: end - 60_000, to: end })
      on.changed(this.#clip)
    })
    for (const input of [this.#from, this.#to]) {
      input.addEventListener('change', () => {
        this.#clip = { from: fromLocal(this.#from.value), to: fromLocal(this.#to.value) }
        this.#offer()
        if (this.#clip.to > this.#clip.from) this.#strip.set(this.#clip), on.changed(this.#clip)
      })
    }
    box.querySelector('form')?.addEventListener('submit', (e) => {
      e.preventDefault()
      const elsewhere = e.submitter?.getAttribute('formaction') // another page does something with it
      if (elsewhere) {
        const query = new URLSearchParams({ from: iso(this.#clip.from), to: iso(this.#clip.to) })
        location.href = `${elsewhere}?${query}`
        return
      }
      if (this.#clip.to > this.#clip.from) on.play(this.#clip)
    })
  }

  get open(): Span | undefined {
    return this.box.open && this.#clip.to > this.#clip.from ? this.#clip : undefined
  }

  set(clip: Span): void {
    this.#take(clip)
    this.#strip.set(this.#clip)
  }

  #take(clip: Span): void {
    this.#clip = { from: Math.floor(clip.from / 1000) * 1000, to: Math.ceil(clip.to / 1000) * 1000 }
    this.#from.value = toLocal(this.#clip.from)
    this.#to.value = toLocal(this.#clip.to)
    this.#offer()
  }

  #offer(): void {
    const { from, to } = this.#clip
    const lack = to > from ? lacks(this.#clip, this.#strip.data, Date.now()) : { text: say('clip_order'), empty: true }
    const address = lack.empty ? '' : clipAddress(this.camera, this.stream(), this.#clip, this.#silent.checked)
    this.#silent.disabled = to - from > plain
    const size = this.#sizer.of(this.box.open && this.#strip.settled(this.#clip) ? address : '')
    const good = address && !size?.refused
    this.#say('problem', size?.refused ?? lack.text)
    const duration = length(to - from)
    this.#say('length', !good ? '' : size?.bytes ? say('clip_size', { duration, size: megabytes(size.bytes) }) : say('clip_length', { duration }))
    const link = this.box.querySelector<HTMLAnchorElement>('[data-download]')
    if (!link) return
    link.hidden = !good
    if (good) link.href = address
  }

  #say(where: string, text: string): void {
    const e = this.box.querySelector(`[data-${where}]`)
    if (e) e.textContent = text
  }

  #input(name: string): HTMLInputElement {
    return this.box.querySelector(`[name=clip_${name}]`) as HTMLInputElement
  }
}
