// Plays live.mp4: a streamed response fed to Media Source Extensions, kept
// close to the newest picture.

const jump = 4 // seconds behind at which we skip, because catching up would take too long
const hurry = 1.6 // seconds behind at which we play a little faster; a fragment is up to 1 s
const keep = 20 // seconds of played video that stay in memory

/** The stream cannot be played by this browser. */
export class Unplayable extends Error {}

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
}

export class Live {
  #abort?: AbortController

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly on: Events,
  ) {}

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
    for (let wait = 1000; !signal.aborted; wait = Math.min(wait * 2, 10_000)) {
      const begun = Date.now()
      try {
        await this.#once(url, signal)
      } catch (e) {
        if (signal.aborted) return
        if (e instanceof Unplayable) return this.on.unplayable()
      }
      if (signal.aborted) return
      this.on.lost()
      if (Date.now() - begun > 30_000) wait = 1000
      await new Promise((done) => setTimeout(done, wait))
    }
  }

  async #once(url: string, signal: AbortSignal): Promise<void> {
    const Source = mediaSource()
    const res = await fetch(url, { signal })
    if (!res.ok || !res.body) throw new Error(`live stream: ${res.status}`)
    const type = res.headers.get('Content-Type') ?? ''
    if (!Source?.isTypeSupported(type)) {
      await res.body.cancel()
      throw new Unplayable(type)
    }
    const source = new Source()
    const address = URL.createObjectURL(source)
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
    let shown = false
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      buffer.appendBuffer(value)
      await once(buffer, 'updateend', signal)
      if (this.#follow() && !shown) {
        shown = true
        this.video.play().catch(() => {})
        this.video.requestVideoFrameCallback(() => signal.aborted || this.on.picture())
      }
      const old = this.video.currentTime - keep
      if (this.video.buffered.length && this.video.buffered.start(0) < old - keep) {
        buffer.remove(0, old)
        await once(buffer, 'updateend', signal)
      }
    }
  }

  // Reports whether there is something to show.
  #follow(): boolean {
    const v = this.video
    const n = v.buffered.length
    if (!n) return false
    const [start, end] = [v.buffered.start(n - 1), v.buffered.end(n - 1)]
    const behind = end - v.currentTime
    if (v.currentTime < start || behind > jump) v.currentTime = Math.max(start, end - 1)
    if (!v.paused) v.playbackRate = behind > hurry ? 1.08 : 1
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
