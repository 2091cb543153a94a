// Plays a stream by WebRTC (WHEP), and tells how old the picture is that one sees.
import { heard, recorderNow } from '../clock'
import { again } from './again'
import { Link, take, type Why } from './link'
import type { Events } from './live'

const soon = 4000 // ms after which a browser that is not connected will hardly be
const late = 3000 // ms after which a picture is not live any more
const drift = 60_000 // ms over which the camera's clock is compared with the recorder's
const lossy = 0.1 // share of packets lost above which a connection is too slow

export interface More extends Events {
  refused(why: Why): void
}

export class Rtc {
  sound = false // whether any comes
  #abort?: AbortController
  #taken?: number

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly on: More,
  ) {}

  /** When the picture that is shown was taken; undefined if none was shown yet. */
  get taken(): number | undefined {
    return this.#taken
  }

  get fresh(): boolean {
    return !!this.#abort && Math.abs(recorderNow() - (this.#taken ?? NaN)) < late
  }

  /** Plays url until stop, however often the connection breaks. */
  start(url: string): void {
    this.stop()
    this.#abort = new AbortController()
    void this.#run(url, this.#abort.signal)
  }

  /** The last picture stays. */
  stop(): void {
    this.#abort?.abort()
    this.#abort = undefined
  }

  async #run(url: string, signal: AbortSignal): Promise<void> {
    const why = await again(signal, () => this.#once(url, signal), () => this.on.lost())
    if (why && !signal.aborted) this.on.refused(why)
  }

  // Returns why it will not do, or nothing if it may be tried again.
  async #once(url: string, signal: AbortSignal): Promise<Why | undefined> {
    const link = take(url) ?? new Link(url)
    const end = () => link.end()
    signal.addEventListener('abort', end, { once: true })
    try {
      const why = await link.agreed
      if (why) return why
      signal.throwIfAborted()
      const { pc, picture } = link
      heard(link.now, link.came)
      this.#taken = undefined
      this.sound = link.sounds
      // The picture that came with the page stays until there is another.
      void link.coming.then(() => {
        if (signal.aborted) return
        link.show(this.video)
        this.#follow(link.at, link.stamp, signal)
      })
      return await this.#watch(pc, picture.receiver, signal)
    } finally {
      signal.removeEventListener('abort', end)
      if (!signal.aborted) end()
    }
  }

  // Waits until the connection ends.
  async #watch(pc: RTCPeerConnection, receiver: RTCRtpReceiver, signal: AbortSignal): Promise<Why | undefined> {
    const begun = performance.now()
    let connected = false
    let bad = 0 // seconds in which much was lost, one after the other
    let before = { got: 0, lost: 0 }
    for (;;) {
      const gone = pc.connectionState === 'failed' || pc.connectionState === 'closed' || receiver.transport?.state === 'closed'
      if (gone || signal.aborted) return connected ? undefined : 'unreached'
      connected ||= pc.connectionState === 'connected'
      if (!connected && performance.now() - begun > soon) return 'unreached'
      await changed(pc, receiver, signal)
      const now = await counts(receiver)
      const got = now.got - before.got
      const lost = now.lost - before.lost
      if (got + lost > 20) {
        bad = lost / (got + lost) > lossy ? bad + 1 : 0
        before = now
      }
      if (bad >= 5) {
        bad = 0
        this.on.slow()
      }
    }
  }

  // Notes which picture is shown, by its time stamp (1/90000 s).
  #follow(at: number, stamp: number, signal: AbortSignal): void {
    let off = 0 // ms by which the camera's clock went wrong meanwhile
    let least = Infinity
    let since = performance.now()
    const next = () =>
      this.video.requestVideoFrameCallback((_, frame) => {
        if (signal.aborted) return
        if (this.#taken === undefined) this.on.picture()
        const now = recorderNow()
        const rtp = (frame as { rtpTimestamp?: number }).rtpTimestamp
        if (rtp === undefined) this.#taken = now
        else {
          at += ((rtp - stamp) | 0) / 90
          stamp = rtp
          least = Math.min(least, now - at)
          if (performance.now() - since > drift) {
            ;[off, least, since] = [least, Infinity, performance.now()]
          }
          this.#taken = Math.min(at + off, now)
        }
        next()
      })
    next()
  }
}

/** Waits until something may have changed: a second at most. */
function changed(pc: RTCPeerConnection, receiver: RTCRtpReceiver, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    // Nothing stays with the signal: a session may last for weeks.
    const go = () => (clearTimeout(timer), signal.removeEventListener('abort', go), done())
    const timer = setTimeout(go, 1000)
    signal.addEventListener('abort', go, { once: true })
    pc.onconnectionstatechange = go
    if (receiver.transport) receiver.transport.onstatechange = go
  })
}

/** How many packets came and how many were lost. */
async function counts(receiver: RTCRtpReceiver): Promise<{ got: number; lost: number }> {
  for (const s of (await receiver.getStats()).values() as Iterable<{ type: string; packetsReceived: number; packetsLost: number }>) {
    if (s.type === 'inbound-rtp') return { got: s.packetsReceived, lost: s.packetsLost }
  }
  return { got: 0, lost: 0 }
}
