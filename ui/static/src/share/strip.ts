// The filmstrip: pictures of what was recorded, and two grips for the part of it
// that is shared. The fields of the form stay what counts.
import { say } from '../words'

const longest = 30_000 // of a clip, ms
const pictures = 8

export class Strip {
  /** Is told when the film shows another moment. */
  moved: () => void = () => {}
  #from: HTMLInputElement
  #to: HTMLInputElement
  #zero: number // what the field of the beginning says where the film begins, ms

  constructor(form: HTMLFormElement, private readonly film: HTMLVideoElement, lead: number) {
    this.#from = form.elements.namedItem('from') as HTMLInputElement
    this.#to = form.elements.namedItem('to') as HTMLInputElement
    this.#zero = clock(this.#from.value) - lead
    film.addEventListener('timeupdate', () => this.moved())
    film.addEventListener('seeked', () => this.moved())
    const ready = () => this.#build(form)
    if (film.readyState >= HTMLMediaElement.HAVE_METADATA) ready()
    else film.addEventListener('loadedmetadata', ready, { once: true })
  }

  /** Where what is shared begins in the film, in ms. */
  get from(): number {
    return clock(this.#from.value) - this.#zero
  }

  #build(form: HTMLFormElement): void {
    const tools = form.querySelector<HTMLElement>('[data-tools]')
    if (!tools) return
    const strip = document.createElement('div')
    strip.className = 'strip-of'
    const canvas = document.createElement('canvas')
    strip.append(canvas, this.#grip(this.#from, 'share_from'), this.#grip(this.#to, 'share_to'))
    tools.prepend(strip)
    tools.hidden = false
    void this.#paint(canvas)
  }

  #grip(field: HTMLInputElement, label: string): HTMLInputElement {
    const grip = document.createElement('input')
    grip.type = 'range'
    grip.max = String(Math.round(this.film.duration * 1000))
    grip.step = '50'
    grip.setAttribute('aria-label', say(label))
    const follow = () => (grip.value = String(clock(field.value) - this.#zero))
    follow()
    grip.addEventListener('input', () => {
      this.#set(field, Number(grip.value))
      this.film.currentTime = Number(grip.value) / 1000
    })
    for (const each of [this.#from, this.#to]) each.addEventListener('change', follow)
    return grip
  }

  /** Moves one end; the other keeps up, so that it stays a clip. */
  #set(field: HTMLInputElement, at: number): void {
    field.value = local(at + this.#zero)
    const from = clock(this.#from.value)
    const to = clock(this.#to.value)
    if (to - from > longest) {
      if (field === this.#from) this.#to.value = local(from + longest)
      else this.#from.value = local(to - longest)
    } else if (to - from < 500) {
      if (field === this.#from) this.#to.value = local(from + 500)
      else this.#from.value = local(to - 500)
    }
    field.dispatchEvent(new Event('change'))
  }

  async #paint(canvas: HTMLCanvasElement): Promise<void> {
    const film = document.createElement('video')
    film.muted = true
    film.preload = 'auto'
    film.src = this.film.src
    const c = canvas.getContext('2d')
    canvas.width = 960
    canvas.height = Math.round((960 / pictures) * (this.film.videoHeight / this.film.videoWidth))
    for (let i = 0; i < pictures; i++) {
      film.currentTime = (this.film.duration * (i + 0.5)) / pictures
      await new Promise((done) => film.addEventListener('seeked', done, { once: true }))
      c?.drawImage(film, (i * 960) / pictures, 0, 960 / pictures, canvas.height)
    }
    film.removeAttribute('src')
    film.load()
  }
}

/** What a field says, in ms of a clock without a zone: only differences count. */
const clock = (value: string): number => Date.parse(`${value}Z`)
const local = (ms: number): string => new Date(ms).toISOString().slice(0, 23)
