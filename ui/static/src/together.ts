// Several cameras at one moment of the past, in step: one clock, which all follow.
import { begin } from './begin'
import { Gate } from './player/gate'
import { faster } from './player/speed'
import { fromLocal, iso, show, toLocal } from './time'
import { Several } from './timeline/several'
import { Timeline, zooms } from './timeline/timeline'
import { Clock } from './together/clock'
import { type Camera, type Mode, Tile } from './together/tile'
import { ask, leaving } from './windows'
import { say } from './words'

const wide = 3 // requests for film at once, of the six connections that a browser has
const edge = 20_000 // ms behind now up to which one sees: what is younger may not be on disk
const settled = 300 // ms after which a hand on the strip stands still

const find = <T extends HTMLElement>(s: string) => document.querySelector(s) as T
const page = document.querySelector<HTMLElement>('[data-together]')
if (page) conduct(page)
begin(() => {}) // what was recorded stays as it is

function conduct(page: HTMLElement): void {
  // A phone shows fewer than came.
  const links = [...page.querySelectorAll<HTMLAnchorElement>('[data-camera]')].filter((link) => link.checkVisibility())
  const cameras = links.map((link) => JSON.parse(link.dataset.camera ?? '') as Camera)
  const bar = find('[data-conduct]')
  const time = find<HTMLTimeElement>('[data-clock]')
  const play = bar.querySelector('[data-do=play]') as HTMLButtonElement
  const speed = bar.querySelector('[data-do=speed]') as HTMLButtonElement
  const form = find<HTMLFormElement>('[data-when-form]')
  const when = find<HTMLInputElement>('#when')

  const clock = new Clock(Date.parse(time.dateTime))
  const line = new Timeline(find('[data-strip]'), find('[data-tip]'), find('[data-canvas]'), (changed) => new Several(cameras, changed), {
    scrub: (at, span) => {
      hand = true
      set(at)
      for (const tile of tiles) tile.glance(now(), span)
      clearTimeout(settle)
      settle = window.setTimeout(() => go(at), settled)
    },
    seek: (at) => go(at),
    live: () => go(Date.now() - edge),
    clip: () => {},
    loaded: () => judge(),
    hover: () => {},
    zoomed: (step) => {
      for (const b of page.querySelectorAll<HTMLElement>('[data-zoom]')) b.setAttribute('aria-pressed', String(b.dataset.zoom === step))
    },
  })
  const gate = new Gate(wide)
  const tiles = cameras.map((camera, i) => new Tile(links[i], camera, line.data.each[i], gate))

  let wanted = true // whether it should play
  let hand = false // one moves over the past
  let settle = 0
  let left = false // another page is on its way
  let drawn = 0
  let second = 0 // that is written
  let ran = false // there was a picture since somebody went somewhere

  const now = () => clock.at(performance.now())
  const set = (at: number) => clock.set(Math.min(at, Date.now() - edge), performance.now())

  /** Shows a moment, as all of them saw it. */
  function go(at: number): void {
    clearTimeout(settle)
    hand = ran = false
    set(at)
    for (const tile of tiles) tile.seek(now())
    address()
  }

  function pause(on: boolean): void {
    wanted = on
    if (!on) clock.stop(performance.now())
    bar.dataset.play = on ? 'playing' : 'paused'
    play.setAttribute('aria-label', say(on ? 'pause' : 'play'))
    if (!on) address()
  }

  function pace(rate: number): void {
    clock.pace(rate, performance.now())
    speed.textContent = `${rate}×`
    speed.setAttribute('aria-label', say('speed', { rate }))
  }

  function tick(): void {
    const at = performance.now()
    if (now() > Date.now() - edge) {
      set(Date.now())
      if (clock.rate > 1) pace(1)
    }
    const t = now()
    if (hand) clock.stop(at)
    else step(t, at)
    line.follow(t)
    tell(t)
    cancelAnimationFrame(drawn)
    if (!document.hidden && !left) drawn = requestAnimationFrame(tick)
  }

  /** Has all of them follow; the clock waits for those that lack their picture, but not for long. */
  function step(t: number, at: number): void {
    const mode: Mode = !wanted ? 'still' : clock.runs ? 'run' : 'wait'
    let waits = false
    for (const tile of tiles) waits = tile.patience.waits(tile.tick(t, mode, clock.rate, at), at) || waits
    if (wanted) waits ? clock.stop(at) : clock.run(at)
    if (!tiles.every((tile) => tile.empty)) ran = true
    else if (ran && wanted) onward(t)
  }

  /** No camera has footage any more: goes on where one has. */
  function onward(t: number): void {
    const next = line.data.after(t)
    if (next && next.from > t) go(next.from)
    else if (!next) pause(false)
  }

  function tell(t: number): void {
    if (Math.floor(t / 1000) === second) return
    second = Math.floor(t / 1000)
    time.dateTime = iso(t)
    time.textContent = show(t, 'moment')
    find('[data-day]').textContent = show(t, 'date')
    for (const [i, link] of links.entries()) link.href = `/cameras/${cameras[i].id}?at=${encodeURIComponent(iso(second * 1000))}`
    if (document.activeElement !== when) when.value = toLocal(t)
  }

  /** The address names what is shown. */
  function address(): void {
    const url = new URL(location.href)
    url.searchParams.set('at', iso(Math.round(now() / 1000) * 1000))
    history.replaceState(null, '', url)
    for (const at of document.querySelectorAll<HTMLInputElement>('[data-choose] [name=at]')) at.value = url.searchParams.get('at') ?? ''
  }

  // Where little was recorded yet, an hour shows more than the usual six.
  let judged = false
  function judge(): void {
    const first = line.data.footage[0]?.from
    if (judged || first === undefined) return
    judged = true
    if (!new URL(location.href).searchParams.has('zoom') && Date.now() - first < zooms['1h']) line.zoom(zooms['1h'])
  }

  const acts: Record<string, () => void> = {
    ' ': () => pause(!wanted), k: () => pause(!wanted), n: () => line.step(false), p: () => line.step(true),
    ArrowLeft: () => line.go(now() - 10_000), ArrowRight: () => line.go(now() + 10_000),
  }
  page.addEventListener('keydown', (e) => {
    const on = e.target as HTMLElement
    const own = on.closest('input') || (e.key === ' ' && on.closest('button, a')) || (e.key.startsWith('Arrow') && on.closest('[data-strip]'))
    if (!acts[e.key] || own || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return
    e.preventDefault()
    acts[e.key]()
  })
  play.addEventListener('click', () => pause(!wanted))
  speed.addEventListener('click', () => pace(faster(clock.rate)))
  for (const a of bar.querySelectorAll<HTMLAnchorElement>('[data-skip]')) {
    a.addEventListener('click', (e) => {
      e.preventDefault()
      line.go(now() + Number(a.dataset.skip) * 1000)
    })
  }
  for (const b of page.querySelectorAll<HTMLElement>('[data-zoom]')) b.addEventListener('click', () => line.zoom(zooms[b.dataset.zoom ?? '6h']))
  for (const b of page.querySelectorAll<HTMLElement>('[data-hop]')) b.addEventListener('click', () => line.step(b.dataset.hop === 'back'))
  form.addEventListener('submit', (e) => {
    e.preventDefault()
    when.blur()
    line.go(fromLocal(when.value))
  })
  const rest = () => {
    clock.stop(performance.now())
    for (const tile of tiles) tile.stop()
  }
  const back = () => {
    left = false
    tick()
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? rest() : back()))
  leaving(() => ((left = true), rest()), back)
  ask({ pictures: 0 })
  line.view.at = now()
  line.zoom(zooms[page.dataset.together || '6h'] ?? zooms['6h'])
  pace(1)
  pause(true)
  tick()
}
