// Tiles that are seen play live: by WebRTC all of them, by fMP4 as many as there
// are connections for; the others show a new picture now and then.
import { outgrown, type Target, unfit } from './player/fit'
import { playable } from './player/live'
import { detach } from './player/link'
import { still } from './player/still'
import { Way } from './player/way'
import { recent } from './time'
import { ask, hear, leaving, woken } from './windows'

const between = 10_000 // ms between the pictures of a tile that does not play
const glance = 250 // ms after which it is looked again whether a picture is live
const few = 4 // tiles, of which each may have the large stream

export class Tile {
  #way?: Way // of the video that is shown
  #playing = '' // what it plays; empty while it rests
  #still = '' // address of the picture that is shown, to be revoked
  #taken: number
  #slow = false // the link does not carry the large stream
  seen = false
  covered = false // by another that fills the screen
  large = false // it fills the screen: the large stream is wanted

  constructor(readonly link: HTMLElement) {
    this.#taken = Date.parse(this.#stamp.dateTime)
  }

  get #target(): Target {
    const { live = '', stream = '', mime = '', largest } = this.link.dataset
    const main = { address: live, stream: 'main', mime: largest ?? '' }
    return largest !== undefined && (this.large || this.#outgrown(main)) ? main : { address: live, stream, mime }
  }

  /** Whether the small stream would be seen to be small, and the large one comes as easily. */
  #outgrown(main: Target): boolean {
    return !this.#slow && tiles.length <= few && !unfit(main) && outgrown(this.link.clientWidth, devicePixelRatio, Number(this.link.dataset.wide))
  }

  get wanted(): boolean {
    return this.seen && !this.covered && !document.hidden && !!this.link.dataset.live && (!this.shares || playable(this.#target.mime))
  }

  /** Whether it needs one of the connections that windows share. */
  get shares(): boolean {
    return unfit(this.#target) !== undefined
  }

  play(): void {
    const target = this.#target
    const playing = `${target.address} ${target.stream} ${this.shares}`
    if (this.#playing === playing) return
    this.#playing = playing
    const nothing = () => {}
    this.#way ??= new Way(this.#video, {
      picture: () => this.#revoke(),
      lost: nothing, unplayable: nothing,
      slow: () => {
        this.#slow = true
        settle()
      },
      refused: () => {
        this.#playing = ''
        settle()
      },
    })
    this.#way.start(target)
  }

  rest(): void {
    this.stop()
    this.age()
  }

  /** Rests, and leaves what it says as it is. */
  stop(): void {
    if (!this.#playing) return
    this.#taken = this.#way?.taken ?? this.#taken
    this.#way?.stop()
    this.#playing = ''
  }

  /** Shows the newest picture. The one before stays until it is there. */
  async picture(): Promise<void> {
    const address = this.link.dataset.picture
    if (!this.seen || this.covered || !address || this.#playing) return
    const before = this.#video
    const next = before.cloneNode() as HTMLVideoElement
    next.removeAttribute('src')
    const taken = await still(next, `${address}&now=${Date.now()}`)
    if (!taken || this.#playing) return URL.revokeObjectURL(next.src)
    before.replaceWith(next)
    detach(before)
    this.#revoke()
    this.#still = next.src
    this.#way = undefined
    this.#taken = taken
    this.age()
  }

  #revoke(): void {
    URL.revokeObjectURL(this.#still)
    this.#still = ''
  }

  /** Says live only of what is; any other picture is dimmed and dated. */
  age(): void {
    const way = this.#playing ? this.#way : undefined
    const fresh = way?.fresh ?? false
    const taken = way?.taken ?? this.#taken
    this.#badge.hidden = !fresh
    this.link.classList.toggle('old', !fresh)
    this.#stamp.hidden = fresh || !taken
    if (fresh || !taken || Date.parse(this.#stamp.dateTime) === Math.floor(taken)) return
    this.#stamp.dateTime = new Date(Math.floor(taken)).toISOString()
    this.#stamp.textContent = recent(taken)
  }

  get #video(): HTMLVideoElement {
    return this.link.querySelector('video') as HTMLVideoElement
  }

  get #badge(): HTMLElement {
    return this.link.querySelector('[data-on-air]') as HTMLElement
  }

  get #stamp(): HTMLTimeElement {
    return this.link.querySelector('[data-taken]') as HTMLTimeElement
  }
}

let may = 0 // as many tiles play by fMP4 as other windows leave connections for
let left = false // another page is on its way
export const tiles = [...document.querySelectorAll<HTMLElement>('[data-tile]')].map((link) => new Tile(link))

/** Has those tiles play that are seen and may. */
export function settle(): void {
  if (left) return
  ask({ pictures: tiles.filter((tile) => tile.wanted && tile.shares).length })
  let free = may
  for (const tile of [...tiles].sort((a, b) => Number(b.large) - Number(a.large))) {
    if (tile.wanted && (!tile.shares || free-- > 0)) tile.play()
    else tile.rest()
  }
}

const watch = new IntersectionObserver(
  (entries) => {
    for (const e of entries) for (const tile of tiles) if (tile.link === e.target) tile.seen = e.isIntersecting
    settle()
  },
  { threshold: 0.25 },
)
for (const { link } of tiles) watch.observe(link)
document.addEventListener('visibilitychange', settle)
hear(({ play }) => {
  if (play === undefined) return
  may = play
  settle()
})
const stop = () => tiles.forEach((tile) => tile.stop())
leaving(
  () => {
    left = true
    stop()
  },
  () => {
    left = false
    settle()
  },
)
woken(() => (stop(), settle()))
setInterval(() => document.hidden || tiles.forEach((tile) => void tile.picture()), between)
setInterval(() => document.hidden || left || tiles.forEach((tile) => tile.age()), glance)

/** Takes over what the page says now; other cameras are another page. */
export function renew(doc: Document): void {
  const fresh = [...doc.querySelectorAll<HTMLElement>('[data-tile]')]
  if (String(fresh.map((f) => f.dataset.tile)) !== String(tiles.map((t) => t.link.dataset.tile))) return location.reload()
  tiles.forEach((tile, i) => {
    for (const name of ['live', 'largest', 'wide']) if (fresh[i].dataset[name] === undefined) delete tile.link.dataset[name]
    Object.assign(tile.link.dataset, fresh[i].dataset)
  })
  settle()
}
