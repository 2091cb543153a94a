// A connection by which pictures come (WHEP), from the offer on. The page of a
// camera begins one in a script of its own, before anything else of it is there.
import { hangUp, send } from '../peer'

const unused = 5000 // ms after which one that was begun ahead is given up
const patient = 700 // ms for which the rest of a page waits for its picture
const brief = 400 // ms after which the still of a page is shown meanwhile

/** Why a stream is not played by WebRTC. */
export type Why = 'b_frames' | 'codec' | 'sound' | 'unreached' | 'decoder' | 'browser'

export class Link {
  readonly pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  readonly picture = this.pc.addTransceiver('video', { direction: 'recvonly' })
  readonly sound = this.pc.addTransceiver('audio', { direction: 'recvonly' })
  /** Resolves once it was agreed on, or to why it can't be; fails if it may be tried again. */
  readonly agreed: Promise<Why | undefined>
  /** Resolves when pictures begin to come. */
  readonly coming = unmuted(this.picture.receiver.track)
  at = NaN // when the picture was taken that has the time stamp
  stamp = NaN // of RTP, in 1/90000 s
  now = NaN // what time it was at the recorder
  came = 0 // when it said so, by performance.now()
  #film?: MediaStream
  #session = ''
  #ended = new AbortController()

  constructor(url: string) {
    this.agreed = this.#agree(url)
    this.agreed.catch(() => {}) // whoever waits for it hears of it
  }

  async #agree(url: string): Promise<Why | undefined> {
    await this.pc.setLocalDescription()
    if (!/H264/i.test(this.pc.localDescription?.sdp ?? '')) return 'decoder' // as Firefox without its plug-in
    const res = await send(this.pc, url, this.#ended.signal)
    this.came = performance.now()
    const text = await res.text()
    if ([400, 404, 406, 413].includes(res.status)) return (/"kind":"(b_frames|codec)"/.exec(text)?.[1] as Why) ?? 'browser'
    if (!res.ok) throw new Error(`live view: ${res.status}`)
    this.#session = res.headers.get('Location') ?? ''
    this.now = Date.parse(res.headers.get('Stoop-Now') ?? '')
    this.at = Date.parse(res.headers.get('Stoop-Time') ?? '')
    this.stamp = Number(res.headers.get('Stoop-RTP'))
    this.#ended.signal.throwIfAborted()
    await this.pc.setRemoteDescription({ type: 'answer', sdp: text })
    return undefined
  }

  /** Whether sound comes; known once it was agreed on. */
  get sounds(): boolean {
    return this.sound.currentDirection === 'recvonly'
  }

  /** Lets video show what comes; it does not begin anew where it does already. */
  show(video: HTMLVideoElement): void {
    if (this.#film && video.srcObject === this.#film) return
    const { track } = this.picture.receiver
    this.#film = new MediaStream(this.sounds ? [track, this.sound.receiver.track] : [track])
    video.removeAttribute('src')
    video.srcObject = this.#film
    video.play().catch(() => {})
  }

  end(): void {
    this.#ended.abort()
    hangUp(this.pc, this.picture.receiver.transport?.state === 'closed' ? undefined : this.#session)
  }
}

/**
 * Lets the src of a video show again. Nothing is done without need: the video
 * would load what it has anew, though its address is no more.
 */
export function detach(video: HTMLVideoElement): void {
  if (video.srcObject) video.srcObject = null
}

const unmuted = (track: MediaStreamTrack) =>
  new Promise<void>((done) => (track.muted ? track.addEventListener('unmute', () => done(), { once: true }) : done()))

/** What was begun is handed on by the window: its scripts have no module in common. */
declare global {
  interface Window {
    ahead?: { url: string; link: Link }
  }
}

/**
 * Begins a connection that the page will need once the rest of it is there, and
 * lets its video show what comes. Resolves when it does, or when it is not worth
 * waiting for.
 */
export function prepare(url: string): Promise<unknown> {
  const link = new Link(url)
  const mine = (window.ahead = { url, link })
  setTimeout(() => window.ahead === mine && take(url)?.end(), unused)
  return Promise.race([first(link).catch(() => {}), after(patient)])
}

/** Resolves when the video of the page shows its first picture, or will not. */
async function first(link: Link): Promise<void> {
  const slow = after(brief)
  const why = await Promise.race([link.agreed, slow])
  if (why && why !== 'slow') return
  const video = document.querySelector<HTMLVideoElement>('[data-video]')
  if (!video) return
  const { src } = video
  if (!why) link.show(video) // before anything comes: to begin to play takes a while
  if (await Promise.race([link.coming, slow])) {
    detach(video)
    if (src) Object.assign(video, { preload: 'auto', src })
    if (await link.agreed) return
    await link.coming
    link.show(video)
  }
  await new Promise((done) => video.requestVideoFrameCallback(done))
}

const after = (ms: number) => new Promise<'slow'>((done) => setTimeout(() => done('slow'), ms))

/** The connection that was begun ahead, once; undefined if there is none. */
export function take(url: string): Link | undefined {
  if (window.ahead?.url !== url) return undefined
  const { link } = window.ahead
  delete window.ahead
  return link
}
