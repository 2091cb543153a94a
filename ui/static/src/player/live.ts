// Plays live.mp4: a streamed response fed to Media Source Extensions, kept
// close to the newest picture, and how old the picture is that one sees.
import { heard, recorderNow } from '../clock'
import { again } from './again'
import { Boxes } from './boxes'

const aim = 0.4 // seconds behind the newest picture; the pauses between fragments are at most 0.19 s
const patient = 1.6 // how far behind we stay where pictures come in fits
const calm = 10_000 // ms without a stall after which we come closer again
const burst = 1000 // ms in which what is sent at once arrives, on a network that will do
const jump = 2 // seconds too far behind at which we skip, because catching up would take too long
const keep = 20 // seconds of played video that stay in memory
const late = 3000 // ms after which a picture is not live any more

type Source = typeof MediaSource

/** MediaSource or, on phones that have only that, ManagedMediaSource. */
export function mediaSource(): Source | undefined {
  const w = window as unknown as { MediaSource?: Source; ManagedMediaSource?: Source }
  return w.MediaSource ?? w.ManagedMediaSource
}

/** Whether the browser plays a stream of this type; types not known yet are tried. */
export const playable = (mime: string): boolean => !mime || (mediaSource()?.isTypeSupported(mime) ?? true)

export interface Events {
  picture(): void
  lost(): void
  unplayable(): void
  slow(): void // pictures come, but too late to be live
}

export class Live {
  #abort?: AbortController
  #boxes = new Boxes()
  #seen?: number // media time of the picture that is shown
  #aim = aim
  #kept = 0 // when that was changed
  #lateSince = 0

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly on: Events,
  ) {
    video.addEventListener('waiting', () => this.#seen !== undefined && this.#keep(0.2))
  }

  /** When the picture that is shown was taken; undefined if none was shown yet. */
  get taken(): number | undefined {
    return this.#seen === undefined ? undefined : this.#boxes.wall(this.#seen)
  }

  /** Whether what is shown is younger than three seconds. */
  get fresh(): boolean {
    const age = this.#abort ? recorderNow() - (this.taken ?? NaN) : NaN
    return Math.abs(age) < late
  }

  /** Plays url until stop, however often the connection breaks. */
  start(url: string): void {
    this.stop()
    this.#abort = new AbortController()
    void this.#run(url, this.#abort.signal)
  }

  stop(): void {
    this.#abort?.abort()
    this.#abort = undefined
  }

  async #run(url: string, signal: AbortSignal): Promise<void> {
    const end = await again(signal, () => this.#once(url, signal), () => this.on.lost())
    if (end && !signal.aborted) this.on.unplayable()
  }

  // Returns that the browser cannot play it, or nothing if it may be tried again.
  async #once(url: string, signal: AbortSignal): Promise<'unplayable' | undefined> {
    const Source = mediaSource()
    const res = await fetch(url, { signal })
    if (!res.ok || !res.body) throw new Error(`live stream: ${res.status}`)
    const begun = Date.parse(res.headers.get('Stoop-Time') ?? '')
    heard(begun)
    const type = res.headers.get('Content-Type') ?? ''
    if (!Source?.isTypeSupported(type)) {
      await res.body.cancel()
      return 'unplayable'
    }
    const source = new Source()
    const address = URL.createObjectURL(source)
    this.#boxes = new Boxes()
    this.#seen = undefined
    this.#aim = aim
    this.#lateSince = 0
    this.video.disableRemotePlayback = true // ManagedMediaSource asks for it
    this.video.src = address
    try {
      await once(source, 'sourceopen', signal)
    } finally {
      if (signal.aborted && this.video.src === address) {
        this.video.removeAttribute('src') // or it would still look for what is not there any more
        this.video.load()
      }
      URL.revokeObjectURL(address)
    }
    const buffer = source.addSourceBuffer(type)
    const reader = res.body.getReader()
    this.#watch(signal)
    const asked = performance.now()
    let near = false // it was gone to the newest picture
    let shown = false
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return undefined
      this.#boxes.take(value)
      buffer.appendBuffer(value)
      await once(buffer, 'updateend', signal)
      this.#judge(begun)
      // What there was before is sent at once, as the first fragment. Who watched it
      // would be behind for as long as it takes to catch up; of a slow network it is all there is.
      if (!near && this.#boxes.fragments > 0) near = this.#near()
      if (!near && performance.now() - asked < burst) continue
      if (this.#follow() && !shown) {
        shown = true
        this.video.play().catch(() => {})
        this.video.requestVideoFrameCallback(() => signal.aborted || this.#first())
      }
      const old = this.video.currentTime - keep
      if (this.video.buffered.length && this.video.buffered.start(0) < old - keep) {
        buffer.remove(0, old)
        await once(buffer, 'updateend', signal)
      }
    }
  }

  // Notes which picture is shown.
  #watch(signal: AbortSignal): void {
    this.video.requestVideoFrameCallback((_, frame) => {
      if (signal.aborted) return
      this.#seen = frame.mediaTime
      this.#watch(signal)
    })
  }

  // Tells a connection that is too slow: what arrives is old when it arrives.
  #judge(begun: number): void {
    heard(this.#boxes.newest)
    const newest = this.#end === undefined ? begun : (this.#boxes.wall(this.#end) ?? NaN)
    const now = recorderNow()
    if (!(now - newest > late - 500)) this.#lateSince = 0
    else if (now - (this.#lateSince ||= now) > late) {
      this.#lateSince = 0
      this.on.slow()
    }
  }

  // Changes how far behind the newest picture we stay.
  #keep(by: number): void {
    this.#aim = Math.min(Math.max(this.#aim + by, aim), patient)
    this.#kept = performance.now()
  }

  get #end(): number | undefined {
    const { buffered } = this.video
    return buffered.length ? buffered.end(buffered.length - 1) : undefined
  }

  // A machine that took long to get there is behind once more.
  #first(): void {
    const behind = (this.#end ?? 0) - this.video.currentTime
    if (behind > this.#aim + 0.5) this.#near()
    this.on.picture()
  }

  // Goes to the newest picture, as close as one stays to it; true if there is one.
  #near(): boolean {
    const { buffered } = this.video
    const end = this.#end
    if (end === undefined) return false
    this.video.currentTime = Math.max(buffered.start(buffered.length - 1), end - this.#aim)
    return true
  }

  // Reports whether there is something to show.
  #follow(): boolean {
    const v = this.video
    const end = this.#end
    if (end === undefined) return false
    if (performance.now() - this.#kept > calm) this.#keep(-0.1)
    const start = v.buffered.start(v.buffered.length - 1)
    const excess = end - v.currentTime - this.#aim
    if (v.currentTime < start || excess > jump) this.#near()
    // Up to a third faster: that is not heard, and a second is caught up in four.
    if (!v.paused) v.playbackRate = excess > 0.1 ? 1 + Math.min(excess, 1) / 3 : excess < -this.#aim / 2 ? 0.95 : 1
    return true
  }
}

function once(target: EventTarget, type: string, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const stop = () => fail(signal.reason as Error)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    target.addEventListener(type, () => (signal.removeEventListener('abort', stop), done()), { once: true })
  })
}
