// Reads when pictures were taken from a fragmented MP4 that comes in pieces:
// a producer reference time (prft, ISO 14496-12 8.16.5) stands before each
// movie fragment, the timescale of the pictures in the first mdhd.

const inside = new Set(['moov', 'trak', 'mdia']) // boxes that are looked into
const kept = 2000 // references; at 30 a second more than a player holds
const since1900 = 2_208_988_800 // s from the era of NTP to that of Unix

export class Boxes {
  #held: number[] = [] // what came of a box that is read
  #skip = 0 // bytes left of one that is not
  #media = false // which holds pictures and sound
  #fragments = 0
  #scale = 0
  #references: { media: number; wall: number }[] = []

  /** Takes the next bytes. Throws if they are no boxes. */
  take(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; ) {
      if (this.#skip > 0) {
        const n = Math.min(this.#skip, bytes.length - i)
        this.#skip -= n
        i += n
        if (this.#skip === 0 && this.#media) this.#fragments++
      } else {
        this.#held.push(bytes[i++])
        if (this.#held.length >= 8) this.#box()
      }
    }
  }

  /** When the picture at a media time in seconds was taken, in ms since 1970. */
  wall(media: number): number | undefined {
    const r = this.#references.findLast((r) => r.media <= media + 0.001)
    return r && r.wall + (media - r.media) * 1000
  }

  /** When the newest picture that something is known of arrived at the recorder. */
  get newest(): number {
    return this.#references.at(-1)?.wall ?? 0
  }

  /** How many movie fragments came to their end. */
  get fragments(): number {
    return this.#fragments
  }

  #box(): void {
    const b = new DataView(new Uint8Array(this.#held).buffer)
    const size = b.getUint32(0)
    const kind = String.fromCharCode(...this.#held.slice(4, 8))
    if (size < 8) throw new Error(`box ${kind} of ${size} bytes`)
    const read = kind === 'prft' || (kind === 'mdhd' && !this.#scale)
    if (read && size <= 64 && this.#held.length < size) return
    this.#held = []
    if (inside.has(kind)) return
    if (!read || size > 64) {
      this.#skip = size - 8
      this.#media = kind === 'mdat'
      return
    }
    const long = b.getUint8(8) === 1 // the box's version
    if (kind === 'mdhd') this.#scale = b.getUint32(long ? 28 : 20)
    else if (this.#scale) {
      const media = (long ? Number(b.getBigUint64(24)) : b.getUint32(24)) / this.#scale
      const wall = (b.getUint32(16) - since1900 + b.getUint32(20) / 2 ** 32) * 1000
      if (this.#references.push({ media, wall }) > kept) this.#references.splice(0, kept / 2)
    }
  }
}
