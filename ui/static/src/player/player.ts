// One picture that is either live or a moment of the past.
import { recorderNow } from '../clock'
import { say } from '../words'
import { mediaSource, playable } from './live'
import { detach } from './link'
import { Recorded, tells } from './recorded'
import { faster } from './speed'
import { still } from './still'
import { Way } from './way'

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
  stepped(at: number): void // a step led to the picture of that instant
  notice(text: string, soft: boolean): void // empty: nothing to say
  unplayable(codec: string): void // the browser shows no stream of this camera
  ended(at: number): void // footage up to at was played
  nothing(at: number): void
}

const between = 2000 // ms between pictures where live video cannot be played, and until what broke off is tried again
const young = 3000 // ms for which a picture is live

export class Player {
  mode: 'live' | 'recorded' = 'live'
  stream: Stream | undefined
  wanted = true // whether it should play, also while a seek is under way
  #speed = 1
  #live: Way
  #recorded: Recorded
  #at = Date.now()
  #stills = 0
  #still?: number // when the picture was taken that is shown and belongs to no stream
  #held = false // nothing is shown
  slow = false // the connection takes only the small stream
  #explained = '' // what was said of why it is the small stream

  constructor(
    readonly video: HTMLVideoElement,
    private readonly camera: number,
    private streams: Stream[],
    newest: number | undefined, // when the picture was taken that came with the page
    private readonly on: Events,
  ) {
    this.#still = newest
    this.#choose()
    video.removeAttribute('controls')
    this.#live = new Way(video, {
      picture: () => (on.notice('', true), this.#shown()),
      lost: () => on.notice(say('lost'), false),
      unplayable: () => this.#refused(),
      slow: () => this.#late(),
    })
    this.#recorded = new Recorded(video, (from, to) => this.#url('playlist.m3u8', { from, to }), {
      picture: (at) => {
        this.#at = at
        video.playbackRate = this.#speed
        if (this.wanted) video.play().catch(() => {})
        this.#shown()
      },
      stepped: on.stepped,
      ended: on.ended,
      nothing: on.nothing,
      failed: () => {
        on.notice(say('lost'), false)
        this.#at = this.now()
        setTimeout(() => this.mode === 'recorded' && !this.#held && !this.#recorded.active && void this.seek(this.#at), between)
      },
      unplayable: () => this.#refused(),
    })
    for (const type of ['play', 'pause', 'volumechange', 'ratechange']) video.addEventListener(type, () => on.changed())
    video.addEventListener('volumechange', () => this.#live.hear(!video.muted))
  }

  /** By which way live pictures come, and why not by the quickest. */
  get way(): { by: string; why?: string } | undefined {
    return this.mode === 'live' && this.#live.taken !== undefined ? this.#live : undefined
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

  /** The instant that is asked for, which is that of the picture unless that is late. */
  now(): number {
    if (this.mode === 'live') return this.taken() ?? Date.now()
    return this.#recorded.now() ?? this.#at
  }

  /** When the picture that is shown was taken; undefined if there is none, or it is not known. */
  taken(): number | undefined {
    if (this.#held) return undefined
    return (this.mode === 'live' ? this.#live.taken : this.#recorded.now()) ?? this.#still
  }

  /** Whether what is shown is happening now. */
  get fresh(): boolean {
    return this.mode === 'live' && (this.#live.fresh || (this.#stills > 0 && recorderNow() - (this.#still ?? NaN) < young))
  }

  /** Takes the large stream again, though it was too much a while ago. */
  large(): void {
    this.slow = false
    this.#choose()
  }

  live(): void {
    this.#recorded.stop()
    this.mode = 'live'
    this.wanted = true
    this.#held = false
    this.on.changed()
    if (!this.stream?.live) return this.#wait()
    if (!playable(this.stream.mime)) return this.#refused()
    if (!mediaSource() && !('RTCPeerConnection' in window)) return this.#pictures()
    this.video.playbackRate = 1
    this.#live.start({ address: `/api/v1/cameras/${this.camera}`, stream: this.stream.stream, mime: this.stream.mime })
    this.on.changed()
  }

  async seek(at: number): Promise<void> {
    this.#leave()
    this.#at = at
    if (this.stream && !playable(this.stream.mime)) return this.#refused()
    detach(this.video)
    await this.#recorded.seek(at)
  }

  /** Stands still while a hand moves over the past. */
  scrub(at: number): void {
    if (this.mode === 'live') this.#leave()
    this.video.pause()
    this.#at = at
  }

  /** The stream whose pictures a hand drags over: the smallest that the browser shows. */
  get glance(): string | undefined {
    return this.streams.findLast((s) => playable(s.mime))?.stream
  }

  /** Stands still at an instant that has no picture. */
  hold(at: number): void {
    this.#leave()
    this.#held = true
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

  /** Shows the next picture (1) or the one before (-1), and stands still, in a browser that can tell them apart. */
  step(way: number): void {
    if (!tells) return
    if (this.mode === 'live') return this.pause()
    this.wanted = false
    this.video.pause()
    this.#recorded.step(way)
  }

  get playing(): boolean {
    return !this.video.paused
  }

  get speed(): number {
    return this.#speed
  }

  faster(): void {
    this.#speed = faster(this.#speed)
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
    if (this.mode === 'live') this.#still = this.#live.taken ?? this.#still
    this.rest()
    this.mode = 'recorded'
    this.#held = false
    this.on.changed()
  }

  // Main where the browser and the connection can, the small stream otherwise.
  #choose(): void {
    this.stream = this.streams.find((s) => s.stream === 'main') ?? this.streams[0]
    if (this.stream && !playable(this.stream.mime)) {
      this.stream = this.streams.find((s) => playable(s.mime)) ?? this.stream
    }
    if (this.slow) this.stream = this.#small ?? this.stream
  }

  get #small(): Stream | undefined {
    return this.streams.find((s) => s.stream === 'sub' && s.live && playable(s.mime))
  }

  // The connection does not keep up.
  #late(): void {
    const small = this.#small
    if (!small || this.stream === small) return this.on.notice(say('late'), true)
    this.slow = true
    this.#choose()
    this.live()
  }

  #shown(): void {
    const main = this.streams[0]
    const other = main && main.stream !== this.stream?.stream
    const why = !other ? '' : this.slow ? say('slow') : say('fallback', { codec: main.codec })
    if (why && why !== this.#explained) this.on.notice(why, true)
    this.#explained = why || this.#explained
    this.#still = undefined
    this.on.shown()
    this.on.changed()
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
    detach(this.video)
    const next = async () => {
      const before = this.video.src
      const taken = await still(this.video, this.#url('picture.mp4'))
      URL.revokeObjectURL(before)
      if (this.#stills) this.#still = taken ?? this.#still
    }
    this.#stills = window.setInterval(() => void next(), between)
    void next()
    this.on.shown()
  }

  #url(file: string, query: Record<string, string> = {}): string {
    const q = new URLSearchParams({ stream: this.stream?.stream ?? 'main', ...query })
    return `/api/v1/cameras/${this.camera}/${file}?${q}`
  }
}
