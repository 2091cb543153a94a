// Tiles play live while they are seen; the still picture stays where they cannot.
import { begin } from './begin'
import { refresh } from './parts'
import { Live, playable } from './player/live'

// Without TLS a browser keeps six connections to a server: four pictures leave
// one for the states and one for everything else.
const most = 4

class Tile {
  #live?: Live
  seen = false

  constructor(private readonly link: HTMLElement) {}

  get wanted(): boolean {
    return this.seen && !document.hidden && playable(this.link.dataset.mime ?? '')
  }

  get playing(): boolean {
    return this.#live !== undefined
  }

  play(): void {
    const video = this.link.querySelector('video')
    if (!video || this.#live) return
    const onAir = (on: boolean) => {
      const badge = this.link.querySelector<HTMLElement>('[data-on-air]')
      if (badge) badge.hidden = !on
    }
    this.#live = new Live(video, {
      picture: () => onAir(true),
      lost: () => onAir(false),
      unplayable: () => onAir(false),
    })
    this.#live.start(this.link.dataset.live ?? '')
  }

  rest(): void {
    this.#live?.stop()
    this.#live = undefined
    const badge = this.link.querySelector<HTMLElement>('[data-on-air]')
    if (badge) badge.hidden = true
  }
}

const links = [...document.querySelectorAll<HTMLElement>('[data-tile]')]
const tiles = new Map(links.map((link) => [link as Element, new Tile(link)]))

function settle(): void {
  let free = most
  for (const tile of tiles.values()) {
    if (tile.wanted && free > 0) {
      free--
      tile.play()
    } else tile.rest()
  }
}

const watch = new IntersectionObserver(
  (entries) => {
    for (const e of entries) {
      const tile = tiles.get(e.target)
      if (tile) tile.seen = e.isIntersecting
    }
    settle()
  },
  { threshold: 0.25 },
)
for (const link of links) watch.observe(link)
document.addEventListener('visibilitychange', settle)
addEventListener('pagehide', () => tiles.forEach((tile) => tile.rest()))

const count = document.querySelector<HTMLElement>('[data-cameras]')?.dataset.cameras
begin(async () => {
  const res = await fetch('/api/v1/cameras')
  if (!res.ok) return
  const { cameras } = (await res.json()) as { cameras: unknown[] }
  // Another number of cameras is another page.
  if (String(cameras.length) !== (count ?? '0')) location.reload()
  else await refresh(location.href)
})
