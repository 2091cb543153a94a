// Plays footage by wall clock. One hls.js instance serves one window of time;
// a seek inside the window is a seek of the video, any other opens a new one.
import type Hls from 'hls.js'
import type { Fragment } from 'hls.js'
import { answer } from '../answer'
import { iso } from '../time'
import { mediaSource } from './live'

const minute = 60_000
const grid = 5 * minute // windows begin on it, so that near seeks share a playlist
const before = 5 * minute
const span = 25 * minute
const late = 10_000 // ms that footage may take to be on disk
const fine = 1 / 70 // s: pictures are no nearer to each other
const longest = 2 // s that the next one is looked for
const seam = 50 // ms by which pieces that follow each other may miss

/** Whether the browser tells which picture is shown; Firefox tells the place that was gone to. */
export const tells = !('mozInnerScreenX' in window)

const library = () => import('hls.js/light')

export interface Events {
  picture(at: number): void
  stepped?(at: number): void // the instant of the picture that a step led to
  ended(at: number): void
  nothing(at: number): void
  failed(): void // a moment later nothing is open any more
  unplayable(): void
}

type Loader = typeof Hls.DefaultConfig.loader
type Piece = { from: number; to: number; start: number }

export class Recorded {
  #hls?: Hls
  #attached = false
  #window = { from: 0, to: 0 }
  #pieces: () => Piece[] = () => []
  #told = 0 // up to here it is known what there is
  #token = 0
  #steps = 0 // that are on their way
  #stepped = Promise.resolve() // when they are over

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly playlist: (from: string, to: string) => string,
    private readonly on: Events,
    private readonly through?: (loader: Loader) => Loader, // where several films share connections
  ) {
    video.addEventListener('ended', () => this.active && this.on.ended(this.now() ?? this.#window.to))
  }

  /** Loads what the first seek needs. */
  warm(): void {
    if (mediaSource()) library().catch(() => {}) // who seeks tries again
  }

  get active(): boolean {
    return this.#window.to > 0
  }

  /** The instant shown, or undefined if none is. */
  now(): number | undefined {
    if (!this.active) return undefined
    const t = this.video.currentTime
    const p = this.#pieces().findLast((p) => p.start <= t + 0.001)
    return p && Math.min(p.from + (t - p.start) * 1000, p.to)
  }

  /** Shows the picture at an instant, or the first after it within the window. */
  async seek(at: number): Promise<void> {
    const token = ++this.#token
    performance.mark('stoop:seek', { detail: { at } })
    const place = this.#find(at)
    if (place !== undefined) {
      this.video.addEventListener('seeking', () => this.#shown(token), { once: true })
      this.video.currentTime = place
      return
    }
    if (!mediaSource()) return this.#native(at, token)
    await this.#open(at, token)
  }

  /** Shows the picture after the one that is shown (way 1), or the one before it (-1). The video stands still. A few steps may wait for those before. */
  step(way: number): void {
    if (!this.active || this.#steps > 3) return
    this.#steps++
    const token = this.#token
    this.#stepped = this.#stepped.then(async () => {
      if (token === this.#token) await this.#step(way, token)
      this.#steps--
      const at = this.now()
      if (token !== this.#token || at === undefined) return
      this.on.picture(at)
      this.on.stepped?.(at)
    })
  }

  async #step(way: number, token: number): Promise<void> {
    const from = await this.#look(this.video.currentTime)
    if (from === undefined || token !== this.#token) return
    if (way < 0) return void (await this.#look(Math.max(from - 0.002, 0)))
    // Cameras vary how far their pictures are apart: none is left out only if each hair is looked at.
    for (let place = from + fine; place < from + longest; place += fine) {
      const shown = await this.#look(place)
      if (shown === undefined || shown > from + 0.001 || token !== this.#token) return
    }
  }

  /** Goes to a place of the film; resolves to the time of the picture there, or to undefined if none comes. */
  #look(place: number): Promise<number | undefined> {
    return new Promise((done) => {
      const late = setTimeout(() => done(undefined), 2000)
      this.video.requestVideoFrameCallback((_, picture) => {
        clearTimeout(late)
        done(picture.mediaTime)
      })
      this.video.currentTime = place
    })
  }

  /** Whether there is footage of an instant; undefined if what is open does not tell. */
  has(at: number): boolean | undefined {
    if (this.#pieces().some((p) => p.from <= at && at < p.to + seam)) return true
    return this.#window.from <= at && at < this.#told ? false : undefined
  }

  /** Where footage begins next after an instant, as far as what is open tells. */
  next(at: number): number | undefined {
    return this.#pieces().find((p) => p.from > at)?.from
  }

  stop(): void {
    this.#token++
    this.#drop()
    this.#window = { from: 0, to: 0 }
    this.#told = 0
    this.#pieces = () => []
  }

  // What is open would answer no seek any more.
  #fail(): void {
    this.on.failed()
    this.stop()
  }

  // Lets go of hls.js. Before its media source is open, that would take back an
  // address that the browser is about to load; then it goes once it is open.
  #drop(): void {
    if (this.#attached) this.#hls?.destroy()
    else this.#hls?.stopLoad()
    this.#hls = undefined
    this.#attached = false
  }

  #find(at: number): number | undefined {
    const all = this.#pieces()
    const p = all.find((p) => at < p.to)
    const last = all.at(-1)
    // What was seen live a moment ago may not be on disk yet: the last picture there is will do.
    if (!p && last && Date.now() - at < late) return last.start + Math.max((last.to - last.from) / 1000 - 0.1, 0)
    if (!p || at < this.#window.from || at >= this.#window.to) return undefined
    // A hair inside the piece: on its edge browsers may show the picture before.
    return p.start + Math.max((at - p.from) / 1000, 0.002)
  }

  #around(at: number): string {
    const from = Math.floor(at / grid) * grid - before
    // Up to now: a longer window would promise footage that is not there yet.
    const to = Math.max(Math.min(from + span, Date.now()), at + 1000)
    this.#window = { from, to }
    this.#told = 0
    return this.playlist(iso(from), iso(to))
  }

  async #open(at: number, token: number): Promise<void> {
    const loaded = await library().catch(() => undefined)
    if (token !== this.#token) return
    if (!loaded) return this.#fail()
    const Hls = loaded.default
    this.#drop()
    const url = this.#around(at)
    const known = Math.min(this.#window.to, Date.now() - late)
    const hls = new Hls({
      ...(this.through && { loader: this.through(Hls.DefaultConfig.loader) }),
      autoStartLoad: false,
      enableWorker: false, // fragmented MP4 passes through; a worker would only cost its start
      testBandwidth: false,
      maxBufferLength: 12,
      backBufferLength: 60,
      nudgeMaxRetry: 10,
    })
    this.#hls = hls
    this.#pieces = () => []
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      if (token !== this.#token) return
      const fragments = hls.levels[0]?.details?.fragments ?? []
      this.#pieces = () => pieces(hls.levels[0]?.details?.fragments ?? fragments)
      this.#told = known
      const place = this.#find(at)
      if (place === undefined) return this.on.nothing(at)
      hls.startLoad(place)
    })
    hls.on(Hls.Events.ERROR, (_, e) => {
      if (!e.fatal || this.#hls !== hls) return
      if (e.response?.code === 404) {
        this.#told = known
        this.on.nothing(at)
      }
      else if (/codec/i.test(e.details)) this.on.unplayable()
      else this.#fail()
    })
    hls.on(Hls.Events.MEDIA_ATTACHED, () => {
      if (this.#hls === hls) this.#attached = true
      else hls.destroy()
    })
    hls.attachMedia(this.video)
    hls.loadSource(url)
    this.#shown(token)
  }

  async #native(at: number, token: number): Promise<void> {
    const url = this.#around(at)
    const known = Math.min(this.#window.to, Date.now() - late)
    const all = await answer(url, async (res) => (res.ok ? listed(await res.text()) : res.status === 404 ? [] : undefined))
    if (token !== this.#token) return
    if (!all) return this.#fail()
    this.#pieces = () => all
    this.#told = known
    const place = this.#find(at)
    if (place === undefined) return this.on.nothing(at)
    this.video.addEventListener(
      'loadedmetadata',
      () => {
        if (token !== this.#token) return
        this.#shown(token)
        this.video.currentTime = place
      },
      { once: true },
    )
    this.video.src = url
  }

  // Reports the first picture after a seek; the mark is what tests measure.
  #shown(token: number): void {
    this.video.requestVideoFrameCallback(() => {
      if (token !== this.#token) return
      performance.measure('stoop:seek', 'stoop:seek')
      const at = this.now()
      if (at !== undefined) this.on.picture(at)
    })
  }
}

function pieces(fragments: Fragment[]): Piece[] {
  return fragments.flatMap((f) =>
    f.programDateTime === null
      ? []
      : [{ from: f.programDateTime, to: f.programDateTime + f.duration * 1000, start: f.start }],
  )
}

/** The pieces of a playlist as the program writes them, for a browser that does not tell them. */
function listed(playlist: string): Piece[] {
  const all: Piece[] = []
  let from = 0
  let start = 0
  for (const line of playlist.split('\n')) {
    const date = /^#EXT-X-PROGRAM-DATE-TIME:(.*)/.exec(line)
    if (date) from = Date.parse(date[1])
    const seconds = Number(/^#EXTINF:([\d.]+)/.exec(line)?.[1])
    if (!seconds) continue
    all.push({ from, to: from + seconds * 1000, start })
    from += seconds * 1000
    start += seconds
  }
  return all
}
