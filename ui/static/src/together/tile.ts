// One camera among several that show the same moment. It follows the clock of all:
// a picture that is not of that moment is dimmed and dated, and where nothing was
// recorded the reason stands in its place.
import { answer, blob } from '../answer'
import type { Gate } from '../player/gate'
import { playable } from '../player/live'
import { Films, Storyboard } from '../player/storyboard'
import { iso, show } from '../time'
import type { Data } from '../timeline/data'
import { say } from '../words'
import { follow, Patience } from './clock'
import { leave, Reel, type Stream } from './reel'

export interface Camera {
  id: number
  name: string
  streams: Stream[]
}

/** What the clock does: it runs, waits for a film, or stands because somebody wants it to. */
export type Mode = 'run' | 'wait' | 'still'

const aside = 3000 // ms beside the clock from which a picture is dimmed
const exact = 45 // ms that a picture that stands may be beside it
const lead = 4000 // ms before a reel ends that the next one is begun
const unwritten = 12_000 // ms that footage may take to be on disk
const between = 3000 // ms until what failed is tried again
const glimpses = 24 // pictures of each film under a hand: there is one for each camera

export class Tile {
  readonly patience = new Patience()
  empty = false // nothing was recorded at this moment
  #reel?: Reel // what is shown; at first the picture that came with the page
  #spare?: Reel // what is to be shown next
  #streams: Stream[] // small ones first
  #board?: Storyboard // pictures under a hand, over the film
  #bare = { from: 0, to: 0 } // where no stream has footage
  #jumped?: number
  #cost = 300 // ms that a jump took lately
  #failed = -Infinity

  constructor(
    private readonly link: HTMLAnchorElement,
    private readonly camera: Camera,
    private readonly data: Data,
    private readonly gate: Gate,
  ) {
    const known = camera.streams.length ? camera.streams : ['main', 'sub'].map((stream) => ({ stream, codec: '', mime: '' }))
    this.#streams = known.filter((s) => playable(s.mime)).reverse()
  }

  /** When the picture was taken that is shown, if that is known. */
  get taken(): number | undefined {
    return this.empty ? undefined : (this.#board?.at ?? this.#reel?.film.now())
  }

  /** A hand passes t, on a strip that shows span ms: its picture, or why there is none. */
  glance(t: number, span: number): void {
    if (!this.#streams.length) return // it says so
    if (this.data.emptyAt(t)) return void this.#hold(this.#lack(t))
    this.#show()
    this.#board ??= this.#pictures()
    this.#board.show(t, span)
    this.#age(t)
  }

  #pictures(): Storyboard {
    const video = this.#video.cloneNode() as HTMLVideoElement
    video.removeAttribute('src')
    video.className = 'scrub'
    video.hidden = true
    this.#video.after(video)
    const { stream } = this.#streams[0]
    return new Storyboard(video, new Films((query) => this.gate.pass(() => answer(`/api/v1/cameras/${this.camera.id}/storyboard.mp4?${new URLSearchParams({ stream, ...query })}`, blob)), glimpses))
  }

  /** A person wants to see another moment. */
  seek(t: number): void {
    this.patience.renew()
    this.#failed = -Infinity
    if (this.#spare && this.#spare.film.has(t) === undefined) this.#discard()
    if (this.#reel?.film.has(t)) this.#jump(t)
  }

  /** Brings the film to t, as far as it can; reports whether it lacks its picture. */
  tick(t: number, mode: Mode, rate: number, now: number): boolean {
    if (!this.#streams.length) return this.#hold(say('unplayable', { codec: this.camera.streams[0]?.codec ?? '' }))
    this.#provide(t, mode, rate, now)
    const reel = this.#reel
    const has = reel?.film.has(t)
    if (has === false) return this.#rest(t, rate)
    if (!reel || !has) {
      this.#age(t)
      return true
    }
    this.#show()
    const lacks = this.#follow(reel, t, mode, rate, now)
    if (!lacks && Math.abs((reel.film.now() ?? t) - t) < aside) this.#board?.hide()
    this.#age(t)
    return lacks
  }

  stop(): void {
    this.#discard()
    this.#reel?.video.pause()
  }

  /** Has a reel that tells of t, and a spare one where that is about to end. */
  #provide(t: number, mode: Mode, rate: number, now: number): void {
    if (this.#reel?.failed && !this.#spare) this.#open(t, 0, now)
    const told = (at: number) => this.#reel?.film.has(at)
    const soon = Math.min(t + lead * rate, Date.now() - unwritten)
    if (told(t) === undefined) this.#open(t, 0, now)
    else if (mode === 'run' && soon > t && told(soon) === undefined) this.#open(soon, 0, now)
    else if (told(t) === false && !(this.#bare.from <= t && t < this.#bare.to)) this.#instead(t, now)
    const spare = this.#spare
    if (!spare) return
    if (spare.failed) {
      this.#failed = now
      return this.#discard()
    }
    // It takes over at once where nothing else is, and else at its own moment.
    const due = told(t) === undefined || this.#reel?.failed || (told(t) === false && spare.film.has(t)) || (t >= spare.at && spare.film.has(t) !== undefined)
    if (!due || !spare.ready(t)) return
    const before = this.#video
    this.#reel?.film.stop()
    this.#reel = spare
    this.#spare = undefined
    spare.video.classList.remove('spare')
    leave(before)
  }

  /** The small stream has no footage of t: another one may. */
  #instead(t: number, now: number): void {
    const reel = this.#reel as Reel
    const place = this.#streams.indexOf(this.#spare?.stream ?? reel.stream)
    if (!this.#spare && place + 1 < this.#streams.length) return this.#open(t, place + 1, now)
    if (this.#spare?.film.has(t) === undefined && this.#spare) return
    if (this.#spare?.film.has(t)) return
    this.#discard()
    this.#bare = { from: t, to: reel.film.next(t) ?? t + 60_000 }
  }

  #open(at: number, place: number, now: number): void {
    if (this.#spare || now - this.#failed < between) return
    const video = this.#video.cloneNode() as HTMLVideoElement
    video.removeAttribute('src')
    video.classList.add('spare')
    this.#video.before(video) // behind what is shown
    this.#spare = new Reel(video, this.camera.id, this.#streams[place], at, this.gate)
  }

  #discard(): void {
    this.#spare?.end()
    this.#spare = undefined
  }

  #jump(t: number): void {
    this.#jumped = performance.now()
    void this.#reel?.film.seek(t)
  }

  // Reports whether the picture of t is not there.
  #follow({ film, video }: Reel, t: number, mode: Mode, rate: number, now: number): boolean {
    const lacks = video.seeking || video.readyState < (mode === 'run' ? 3 : 2)
    if (mode !== 'run' && !video.paused) video.pause()
    if (video.seeking) return true
    const drift = (film.now() ?? t) - t
    if (mode !== 'run') {
      if (Math.abs(drift) > (mode === 'still' ? exact : aside)) this.#jump(t)
      return lacks
    }
    if (!lacks && this.#jumped !== undefined) {
      this.#cost = Math.min((this.#cost + now - this.#jumped) / 2, 2000)
      this.#jumped = undefined
    }
    const what = follow(drift, rate)
    if (what === 'jump') {
      if (this.#jumped === undefined || now - this.#jumped > between) this.#jump(t + this.#cost * rate)
      return true
    }
    if (what === 'wait') video.pause()
    else {
      if (Math.abs(video.playbackRate - what) > 0.004) video.playbackRate = what
      if (video.paused) video.play().catch(() => {})
    }
    return lacks
  }

  // Nothing was recorded at t; what comes next is made ready.
  #rest(t: number, rate: number): boolean {
    const { film, video } = this.#reel as Reel
    if (!video.paused) video.pause()
    const next = film.next(t)
    const shown = film.now() ?? 0
    if (next !== undefined && next - t < lead * rate && !video.seeking && Math.abs(shown - next) > 300) void film.seek(next + 2)
    return this.#hold(this.#lack(t))
  }

  #lack(t: number): string {
    return this.data.gapAt(t)?.reason ?? say('none_here')
  }

  #hold(why: string): boolean {
    this.empty = true
    this.#board?.hide()
    this.link.setAttribute('data-hold', '')
    this.#stamp.hidden = true
    this.#notice.hidden = false
    if (this.#notice.textContent !== why) this.#notice.textContent = why
    return false
  }

  #show(): void {
    this.empty = false
    this.link.removeAttribute('data-hold')
    this.#notice.hidden = true
  }

  // What is not of this moment is dimmed, and has its own time.
  #age(t: number): void {
    const at = this.taken
    const old = at !== undefined && (Math.abs(at - t) > aside || this.patience.late)
    this.link.classList.toggle('old', old)
    this.#stamp.hidden = !old
    if (!old || this.#stamp.dateTime === iso(at)) return
    this.#stamp.dateTime = iso(at)
    this.#stamp.textContent = show(at, 'moment')
  }

  get #video(): HTMLVideoElement {
    return this.#reel?.video ?? (this.link.querySelector('video:not(.spare, .scrub)') as HTMLVideoElement)
  }

  get #notice(): HTMLElement {
    return this.link.querySelector('[data-notice]') as HTMLElement
  }

  get #stamp(): HTMLTimeElement {
    return this.link.querySelector('[data-taken]') as HTMLTimeElement
  }
}
