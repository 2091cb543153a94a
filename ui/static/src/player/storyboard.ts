// The picture under a hand that moves over the strip: key frames of the small
// stream, in films of some, each fetched once.
import { iso } from '../time'
import { settled } from './still'

const parts = 4 // of what a strip shows: a hand that drags over half of it needs three films, at most
const kept = 12 // films
const least = 30_000 // ms of the shortest film: key frames are no closer than half a second

interface Film {
  url: string
  from: number
}

/** The films of one camera. */
export class Films {
  #all = new Map<string, { stale: number; film: Promise<Film | undefined> }>()

  /** Each is of so many pictures: 45 of a small stream are some 600 KB. */
  constructor(
    private readonly load: (query: Record<string, string>) => Promise<Blob | undefined>,
    private readonly pictures = 45,
  ) {}

  /** The film of an instant whose pictures are as close as a strip that shows span ms can use. */
  of(at: number, span: number): Promise<Film | undefined> {
    // Lengths double, and begin on their own grid, so that near instants and zooms share a film.
    const length = least * 2 ** Math.max(0, Math.round(Math.log2(span / parts / least)))
    const from = Math.floor(at / length) * length
    const key = `${from} ${length}`
    const known = this.#all.get(key)
    this.#all.delete(key) // what is used last goes last
    if (known && Date.now() < known.stale) {
      this.#all.set(key, known)
      return known.film
    }
    void known?.film.then(drop)
    const to = from + length
    const film = this.load({ from: iso(from), to: iso(to), most: String(this.pictures) }).then((data) => data && { url: URL.createObjectURL(data), from })
    void film.then((f) => f ?? this.#all.delete(key)) // another time it may answer
    // One that is not over gets further pictures.
    this.#all.set(key, { film, stale: to < Date.now() ? Infinity : Date.now() + Math.max(length / this.pictures, 5000) })
    if (this.#all.size > kept) {
      const [oldest, { film: last }] = [...this.#all][0]
      this.#all.delete(oldest)
      void last.then(drop)
    }
    return film
  }
}

const drop = (film?: Film) => film && URL.revokeObjectURL(film.url)

interface Place {
  at: number
  span: number
}

/** Shows pictures of films in a video of its own, the newest that was asked for. */
export class Storyboard {
  at?: number // of the picture that is shown
  #want?: Place
  #busy = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly films: Films,
  ) {}

  show(at: number, span: number): void {
    this.#want = { at, span }
    if (!this.#busy) void this.#run()
  }

  hide(): void {
    this.#want = undefined
    this.at = undefined
    this.video.hidden = true
  }

  async #run(): Promise<void> {
    this.#busy = true
    for (let done: Place | undefined; this.#want && this.#want !== done; ) {
      done = this.#want
      const begun = performance.now()
      const film = await this.films.of(done.at, done.span)
      if (!film || !(await this.#seek(film, done.at))) continue
      if (!this.#want) break
      this.video.hidden = false
      this.at = done.at
      performance.measure('stoop:storyboard', { start: begun })
    }
    this.#busy = false
  }

  // Reports whether the picture is there.
  async #seek(film: Film, at: number): Promise<boolean> {
    if (this.video.src !== film.url) {
      this.video.src = film.url
      if (!(await settled(this.video, 'loadeddata'))) return false
    }
    this.video.currentTime = Math.max((at - film.from) / 1000, 0)
    return settled(this.video, 'seeked')
  }
}
