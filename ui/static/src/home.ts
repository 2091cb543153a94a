// Tiles that are seen play live, as many as there are connections for; the
// others show a new picture now and then.
import { begin } from './begin'
import { refresh } from './parts'
import { Live, playable } from './player/live'

// Without TLS a browser keeps six connections to a server: four pictures leave
// one for the states and one for everything else.
const most = 4
const still = 10_000 // ms between the pictures of a tile that does not play

class Tile {
  #live?: Live
  seen = false

  constructor(readonly link: HTMLElement) {}

  get wanted(): boolean {
    return this.seen && !document.hidden && !!this.link.dataset.live && playable(this.link.dataset.mime ?? '')
  }

  play(): void {
    if (this.#live) return
    this.#live = new Live(this.#video, {
      picture: () => this.#onAir(true),
      lost: () => this.#onAir(false),
      unplayable: () => this.#onAir(false),
    })
    this.#live.start(this.link.dataset.live ?? '')
  }

  rest(): void {
    this.#live?.stop()
    this.#live = undefined
    this.#onAir(false)
  }

  /** Shows the newest picture. The one before stays until it is there. */
  picture(): void {
    const address = this.link.dataset.picture
    if (!this.seen || !address || !this.#badge.hidden) return
    const next = this.#video.cloneNode() as HTMLVideoElement
    next.addEventListener('loadeddata', () => this.#live || this.#video.replaceWith(next))
    next.src = `${address}&now=${Date.now()}`
  }

  get #video(): HTMLVideoElement {
    return this.link.querySelector('video') as HTMLVideoElement
  }

  get #badge(): HTMLElement {
    return this.link.querySelector('[data-on-air]') as HTMLElement
  }

  #onAir(on: boolean): void {
    this.#badge.hidden = !on
  }
}

const tiles = [...document.querySelectorAll<HTMLElement>('[data-tile]')].map((link) => new Tile(link))

function settle(): void {
  let free = most
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
addEventListener('pagehide', () => tiles.forEach((tile) => tile.rest()))
setInterval(() => document.hidden || tiles.forEach((tile) => tile.picture()), still)

begin(async () => {
  const doc = await refresh(location.href)
  const fresh = [...(doc?.querySelectorAll<HTMLElement>('[data-tile]') ?? [])]
  if (!doc) return
  // Other cameras are another page.
  if (String(fresh.map((f) => f.dataset.tile)) !== String(tiles.map((t) => t.link.dataset.tile))) return location.reload()
  tiles.forEach((tile, i) => Object.assign(tile.link.dataset, fresh[i].dataset))
  settle()
})
