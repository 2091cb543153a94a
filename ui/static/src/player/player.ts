// One picture that is either live or a moment of the past.
import { iso } from '../time'
import { say } from '../words'
import { Live, mediaSource, playable } from './live'
import { Recorded } from './recorded'

export interface Stream {
  stream: string
  codec: string
  mime: string
  height: number
  live: boolean
}

export interface Events {
  changed(): void // mode, playing, sound, speed or stream
  shown(): void // a picture is there
  notice(text: string, soft: boolean): void // empty: nothing to say
  unplayable(codec: string): void // the browser shows no stream of this camera
  ended(at: number): void // footage up to at was played
  nothing(at: number): void
}

export const speeds = [1, 2, 4, 8, 0.5]
const still = 2000 // ms between pictures where live video cannot be played

export class Player {
  mode: 'live' | 'recorded' = 'live'
  stream: Stream | undefined
  wanted = true // whether it should play, also while a seek is under way
  #speed = 1
  #live: Live
  #recorded: Recorded
  #at = Date.now()
  #stills = 0
  #explained = false

  constructor(
    readonly video: HTMLVideoElement,
    private readonly camera: number,
    private streams: Stream[],
    private readonly on: Events,
  ) {
    this.#choose()
    video.removeAttribute('controls')
    this.#live = new Live(video, {
      picture: () => (on.notice('', true), this.#shown()),
      lost: () => on.notice(say('lost'), false),
      unplayable: () => this.#refused(),
    })
    this.#recorded = new Recorded(video, (from, to) => this.#url('playlist.m3u8', { from, to }), {
      picture: (at) => {
        this.#at = at
        video.playbackRate = this.#speed
        if (this.wanted) video.play().catch(() => {})
        this.#shown()
      },
      ended: on.ended,
      nothing: on.nothing,
      failed: () => on.notice(say('lost'), false),
      unplayable: () => this.#refused(),
    })
    for (const type of ['play', 'pause', 'volumechange', 'ratechange']) video.addEventListener(type, () => on.changed())
  }

  /** Takes over what became known of the streams; reports whether the picture has to begin anew. */
  know(streams: Stream[]): boolean {
    const before = this.stream
    this.streams = streams
    this.#choose()
    const other = this.stream?.stream !== before?.stream || this.stream?.mime !== before?.mime
    const back = !before?.live && this.stream?.live
    if (!other && before) this.stream = Object.assign(before, { live: this.stream?.live })
    this.on.changed()
    return (other || !!back) && this.mode === 'live'
  }

  warm(): void {
    this.#recorded.warm()
  }

  /** The instant shown. */
  now(): number {
    if (this.mode === 'live') return Date.now()
    return this.#recorded.now() ?? this.#at
  }

  live(): void {
    this.#recorded.stop()
    this.mode = 'live'
    this.wanted = true
    this.on.changed()
    if (!this.stream?.live) return this.#wait()
    if (!playable(this.stream.mime)) return this.#refused()
    if (!mediaSource()) return this.#pictures()
    this.video.playbackRate = 1
    this.#live.start(this.#url('live.mp4'))
  }

  async seek(at: number): Promise<void> {
    this.#leave()
    this.#at = at
    if (this.stream && !playable(this.stream.mime)) return this.#refused()
    await this.#recorded.seek(at)
  }

  /** A seek while the hand is still moving: only if it costs nothing new. */
  scrub(at: number): void {
    this.#at = at
    if (this.mode === 'recorded' && !this.video.seeking && this.#recorded.has(at)) void this.#recorded.seek(at)
  }

  /** Stands still at an instant that has no picture. */
  hold(at: number): void {
    this.#leave()
    this.video.pause()
    this.#recorded.stop()
    this.#at = at
  }

  play(): void {
    this.wanted = true
    if (this.mode === 'live' && !this.#stills) this.live()
    else this.video.play().catch(() => {})
  }

  // A paused live picture is a moment of the past.
  pause(): void {
    this.wanted = false
    if (this.mode === 'live') void this.seek(Date.now() - 2500)
    else this.video.pause()
  }

  get playing(): boolean {
    return !this.video.paused
  }

  get speed(): number {
    return this.#speed
  }

  faster(): void {
    this.#speed = speeds[(speeds.indexOf(this.#speed) + 1) % speeds.length]
    if (this.mode === 'recorded') this.video.playbackRate = this.#speed
    this.on.changed()
  }

  /** Ends all streams, as when the page is no longer looked at. */
  rest(): void {
    this.#live.stop()
    clearInterval(this.#stills)
    this.#stills = 0
  }

  #leave(): void {
    this.rest()
    this.mode = 'recorded'
    this.on.changed()
  }

  // Main where the browser can, the small stream otherwise.
  #choose(): void {
    this.stream = this.streams.find((s) => s.stream === 'main') ?? this.streams[0]
    if (this.stream && !playable(this.stream.mime)) {
      this.stream = this.streams.find((s) => playable(s.mime)) ?? this.stream
    }
  }

  #shown(): void {
    const main = this.streams[0]
    if (!this.#explained && main && main.stream !== this.stream?.stream) this.on.notice(say('fallback', { codec: main.codec }), true)
    this.#explained = true
    this.on.shown()
  }

  #wait(): void {
    this.on.notice(say('connecting'), false)
    this.on.shown() // as much as there is
  }

  // The browser cannot play the stream: tries another, if there is one.
  #refused(): void {
    const from = this.stream
    const other = this.streams.find((s) => s.stream !== from?.stream && s.mime && playable(s.mime))
    if (from && playable(from.mime)) from.mime = 'video/none' // so it said, but it was tried
    if (!from || !other) {
      if (this.mode === 'recorded') this.hold(this.#at)
      return this.on.unplayable(from?.codec ?? '')
    }
    this.stream = other
    if (this.mode === 'live') this.live()
    else void this.seek(this.#at)
  }

  #pictures(): void {
    const next = () => (this.video.src = this.#url('picture.mp4', { at: iso(Date.now()) }))
    next()
    this.#stills = window.setInterval(next, still)
    this.on.shown()
  }

  #url(file: string, query: Record<string, string> = {}): string {
    const q = new URLSearchParams({ stream: this.stream?.stream ?? 'main', ...query })
    return `/api/v1/cameras/${this.camera}/${file}?${q}`
  }
}
