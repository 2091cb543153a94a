// A window of one camera's film, in a video of its own, so that the picture before
// stays until the one after it is there.
import { type Gate, through } from '../player/gate'
import { Recorded } from '../player/recorded'

export interface Stream {
  stream: string
  codec: string
  mime: string
}

export class Reel {
  failed = false
  readonly film: Recorded

  constructor(
    readonly video: HTMLVideoElement,
    camera: number,
    readonly stream: Stream,
    readonly at: number, // where it begins to be shown
    gate: Gate,
  ) {
    const address = (from: string, to: string) =>
      `/api/v1/cameras/${camera}/playlist.m3u8?${new URLSearchParams({ stream: stream.stream, from, to })}`
    const nothing = () => {}
    const failed = () => (this.failed = true)
    this.film = new Recorded(video, address, { picture: nothing, ended: nothing, nothing, failed, unplayable: failed }, (loader) => through(gate, loader))
    void this.film.seek(at)
  }

  /** Whether it has a picture to show at t, or knows that there is none. */
  ready(t: number): boolean {
    return this.film.has(t) === false || (this.video.readyState >= 2 && !this.video.seeking)
  }

  end(): void {
    this.film.stop()
    leave(this.video)
  }
}

/** Takes a video away, and what it holds with it. */
export function leave(video: HTMLVideoElement): void {
  video.removeAttribute('src')
  video.load()
  video.remove()
}
