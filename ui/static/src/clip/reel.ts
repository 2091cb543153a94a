// The pictures under the grips: key frames of the small stream, drawn side by side.
import { settled } from '../player/still'
import type { Films } from '../player/storyboard'
import type { Data, Span } from '../timeline/data'
import { readInk } from '../timeline/draw'

const shape = 16 / 9 // of a picture; one of another shape is cut
const kept = 96 // pictures: of two zooms of a wide screen, 5 MB

export class Reel {
  #c: CanvasRenderingContext2D
  #film = document.createElement('video') // never shown
  #pictures = new Map<number, HTMLCanvasElement | undefined>() // by instant; undefined: there is none
  #view: Span = { from: 0, to: 1 }
  #clip: Span = { from: 0, to: 0 }
  #busy = false
  #ink = readInk()
  #size = { width: 0, height: 0 } // CSS pixels

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly films: Films,
    private readonly data: Data,
  ) {
    this.#c = canvas.getContext('2d') as CanvasRenderingContext2D
    this.#film.muted = true
    this.#film.preload = 'auto'
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#ink = readInk()
      this.#paint()
    })
  }

  /** Fits the canvas to its element. */
  fit(): void {
    const { width, height } = this.canvas.getBoundingClientRect()
    const dpr = devicePixelRatio || 1
    this.canvas.width = Math.round(width * dpr)
    this.canvas.height = Math.round(height * dpr)
    this.#c.setTransform(dpr, 0, 0, dpr, 0, 0)
    this.#size = { width, height }
    this.#paint()
  }

  draw(view: Span, clip: Span): void {
    this.#view = view
    this.#clip = clip
    this.#paint()
    void this.#load()
  }

  /** Pictures are wanted on a grid of instants, so that near views share them. */
  #slots(): { x: number; at: number }[] {
    const { width, height } = this.#size
    const wide = height * shape
    if (!wide) return []
    const each = ((this.#view.to - this.#view.from) / width) * wide
    const grid = 2 ** Math.floor(Math.log2(each / 2))
    const slots = []
    for (let x = 0; x < width; x += wide) slots.push({ x, at: Math.floor((this.#view.from + (x / wide + 0.5) * each) / grid) * grid })
    return slots
  }

  async #load(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    for (;;) {
      const next = this.#slots().find((s) => !this.#pictures.has(s.at) && this.data.recordedAt(s.at))
      if (!next) break
      const picture = await this.#take(next.at)
      this.#pictures.set(next.at, picture)
      if (!picture) setTimeout(() => this.#pictures.delete(next.at), 5000) // another time there may be one
      if (this.#pictures.size > kept) this.#pictures.delete([...this.#pictures.keys()][0])
      this.#paint()
    }
    this.#busy = false
  }

  async #take(at: number): Promise<HTMLCanvasElement | undefined> {
    const film = await this.films.of(at, this.#view.to - this.#view.from)
    if (!film) return undefined
    const video = this.#film
    if (video.src !== film.url) {
      video.src = film.url
      if (!(await settled(video, 'loadeddata'))) return undefined
    }
    video.currentTime = Math.max((at - film.from) / 1000, 0)
    if (!(await settled(video, 'seeked'))) return undefined
    const { width, height } = this.canvas
    const picture = document.createElement('canvas')
    picture.height = height
    picture.width = Math.min(Math.round(height * shape), width)
    const scale = Math.max(picture.width / video.videoWidth, picture.height / video.videoHeight)
    const [w, h] = [video.videoWidth * scale, video.videoHeight * scale]
    picture.getContext('2d')?.drawImage(video, (picture.width - w) / 2, (picture.height - h) / 2, w, h)
    return picture
  }

  /** The picture nearest to an instant, no further away than far. */
  #near(at: number, far: number): HTMLCanvasElement | undefined {
    let best: HTMLCanvasElement | undefined
    let least = far
    for (const [t, picture] of this.#pictures) {
      if (picture && Math.abs(t - at) < least) [best, least] = [picture, Math.abs(t - at)]
    }
    return best
  }

  #paint(): void {
    const c = this.#c
    const { width, height } = this.#size
    const span = this.#view.to - this.#view.from
    const x = (t: number) => ((t - this.#view.from) / span) * width
    c.fillStyle = this.#ink.wash
    c.fillRect(0, 0, width, height)
    const wide = height * shape
    for (const s of this.#slots()) {
      const picture = this.#near(s.at, (span / width) * wide * 2)
      if (picture) c.drawImage(picture, s.x, 0, wide, height)
    }
    const [a, b] = [x(this.#clip.from), x(this.#clip.to)]
    // What is not in the clip steps back.
    c.globalAlpha = 0.72
    c.fillStyle = this.#ink.card
    c.fillRect(0, 0, a, height)
    c.fillRect(b, 0, width - b, height)
    c.globalAlpha = 1
    for (const g of this.data.gaps) this.#gap(x(g.from), x(Math.min(g.to, Date.now())))
    c.fillStyle = this.#ink.glow
    c.fillRect(a, 0, b - a, 3)
    c.fillRect(a, height - 3, b - a, 3)
  }

  /** Where nothing was recorded there is no picture. */
  #gap(a: number, b: number): void {
    const { width, height } = this.#size
    const [from, to] = [Math.max(a, 0), Math.min(b, width)]
    if (to - from < 1) return
    const c = this.#c
    c.save()
    c.beginPath()
    c.rect(from, 0, to - from, height)
    c.clip()
    c.fillStyle = this.#ink.wash
    c.fillRect(from, 0, to - from, height)
    c.strokeStyle = this.#ink.edge
    c.lineWidth = 1.5
    c.beginPath()
    for (let i = from - height; i < to; i += 7) {
      c.moveTo(i, height)
      c.lineTo(i + height, 0)
    }
    c.stroke()
    c.restore()
  }
}
