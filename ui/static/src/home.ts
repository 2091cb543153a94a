// Tiles that are seen play live, as many as there are connections for; the
// others show a new picture now and then.
import { begin } from './begin'
import { refresh } from './parts'
import { Live, playable } from './player/live'
import { still } from './player/still'
import { recent } from './time'
import { ask, hear, leaving } from './windows'

const between = 10_000 // ms between the pictures of a tile that does not play
const glance = 250 // ms after which it is looked again whether a picture is live

class Tile {
  #live?: Live
  #taken: number
  seen = false

  constructor(readonly link: HTMLElement) {
    this.#taken = Date.parse(this.#stamp.dateTime)
  }

  get wanted(): boolean {
    return this.seen && !document.hidden && !!this.link.dataset.live && playable(this.link.dataset.mime ?? '')
  }

  play(): void {
    if (this.#live) return
    const nothing = () => {}
    this.#live = new Live(this.#video, { picture: nothing, lost: nothing, unplayable: nothing, slow: nothing })
    this.#live.start(this.link.dataset.live ?? '')
  }

  rest(): void {
    this.stop()
    this.age()
  }

  /** Rests, and leaves what it says as it is. */
  stop(): void {
    this.#taken = this.#live?.taken ?? this.#taken
    this.#live?.stop()
    this.#live = undefined
  }

  /** Shows the newest picture. The one before stays until it is there. */
  async picture(): Promise<void> {
    const address = this.link.dataset.picture
    if (!this.seen || !address || this.#live) return
    const before = this.#video
    const next = before.cloneNode() as HTMLVideoElement
    next.removeAttribute('src')
    const taken = await still(next, `${address}&now=${Date.now()}`)
    if (!taken || this.#live) return URL.revokeObjectURL(next.src)
    before.replaceWith(next)
    URL.revokeObjectURL(before.src)
    this.#taken = taken
    this.age()
  }

  /** Says live only of what is; any other picture is dimmed and dated. */
  age(): void {
    const fresh = this.#live?.fresh ?? false
    const taken = this.#live?.taken ?? this.#taken
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

let may = 0 // as many tiles play as other windows leave connections for
let left = false // another page is on its way
const tiles = [...document.querySelectorAll<HTMLElement>('[data-tile]')].map((link) => new Tile(link))

function settle(): void {
  if (left) return
  ask({ pictures: tiles.filter((tile) => tile.wanted).length })
  let free = may
  for (const tile of tiles) {
    if (tile.wanted && free > 0) {
      free--
      tile.play()
    } else tile.rest()
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
leaving(
  () => {
    left = true
    for (const tile of tiles) tile.stop()
  },
  () => {
    left = false
    settle()
  },
)
addEventListener('pageshow', (e) => e.persisted && location.reload()) // what was stopped would stay so
setInterval(() => document.hidden || tiles.forEach((tile) => void tile.picture()), between)
setInterval(() => document.hidden || left || tiles.forEach((tile) => tile.age()), glance)

begin(async () => {
  const doc = await refresh(location.href)
  const fresh = [...(doc?.querySelectorAll<HTMLElement>('[data-tile]') ?? [])]
  if (!doc) return
  // Other cameras are another page.
  if (String(fresh.map((f) => f.dataset.tile)) !== String(tiles.map((t) => t.link.dataset.tile))) return location.reload()
  tiles.forEach((tile, i) => Object.assign(tile.link.dataset, fresh[i].dataset))
  settle()
})
