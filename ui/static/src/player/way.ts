// The way by which live pictures come: WebRTC where the stream, the browser and
// the network allow it, since nothing is quicker; fMP4 for everything else.
import { refuse, sounds, type Target, unfit } from './fit'
import { detach, type Why } from './link'
import { Live, type Events } from './live'
import { Rtc } from './rtc'

export interface Choice extends Events {
  /** WebRTC turned out not to do. Without it, fMP4 takes over at once. */
  refused?(): void
}

export class Way {
  by: 'webrtc' | 'fmp4' = 'fmp4'
  why?: Why // it is not WebRTC
  loud = false // sound is wanted
  #live: Live
  #rtc: Rtc
  #target?: Target

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly on: Choice,
  ) {
    this.#live = new Live(video, on)
    this.#rtc = new Rtc(video, { ...on, picture: () => (this.hear(this.loud), on.picture()), refused: (why) => this.#refuse(why) })
  }

  get #now(): Live | Rtc {
    return this.by === 'webrtc' ? this.#rtc : this.#live
  }

  get taken(): number | undefined {
    return this.#now.taken
  }

  get fresh(): boolean {
    return this.#now.fresh
  }

  start(target: Target): void {
    this.stop()
    this.#target = target
    const { address, stream, mime } = target
    this.why = unfit(target)
    if (!this.why && this.loud && sounds(mime) && !/opus|flac/i.test(mime)) this.why = 'sound'
    this.by = this.why ? 'fmp4' : 'webrtc'
    if (this.by === 'webrtc') return this.#rtc.start(`${address}/whep?stream=${stream}`)
    detach(this.video)
    this.#live.start(`${address}/live.mp4?stream=${stream}`)
  }

  /** Takes note of whether sound is wanted: another way may be needed for it. */
  hear(loud: boolean): void {
    this.loud = loud
    const quiet = this.by === 'webrtc' && !this.#rtc.sound && this.#rtc.taken !== undefined
    if (loud && quiet && this.#target && sounds(this.#target.mime)) this.#refuse('sound')
  }

  stop(): void {
    this.#live.stop()
    this.#rtc.stop()
  }

  #refuse(why: Why): void {
    const target = this.#target
    if (!target) return
    refuse(target, why)
    if (!this.on.refused) return this.start(target)
    this.stop()
    this.on.refused()
  }
}
