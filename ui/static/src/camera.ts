// The page of one camera: player, timeline, clip and the day's list in step.
import { begin } from './begin'
import { ClipForm } from './clip'
import { refresh } from './parts'
import { Player, type Stream } from './player/player'
import { fromLocal, iso, midnight, show } from './time'
import { Timeline, zooms } from './timeline/timeline'
import { say } from './words'

interface Data {
  id: number
  name: string
  at?: string
  zoom: string
  streams: Stream[]
}

const find = <T extends HTMLElement>(s: string) => document.querySelector(s) as T
const stage = find('[data-camera]')
const data = JSON.parse(stage.dataset.camera ?? '{}') as Data
const film = find('[data-film]')
const notice = find('[data-notice]')
const stamp = find<HTMLTimeElement>('[data-stamp]')
const button = (name: string) => find<HTMLButtonElement>(`[data-do=${name}]`)

const player = new Player(find<HTMLVideoElement>('[data-video]'), data.id, data.streams, {
  changed: controls,
  shown: () => film.classList.remove('wait'),
  notice: tell,
  ended: (at) => onward(at),
  nothing: (at) => seek(at, true),
})
const line = new Timeline(find('[data-strip]'), find('[data-tip]'), find('[data-canvas]'), data.id, stream, {
  scrub: (at) => (player.scrub(at), dated(at)),
  seek: (at) => seek(at),
  live,
  clip: (c) => clip.set(c),
  // Why there is nothing here may become known only now.
  loaded: () => {
    begun(line.data.footage[0]?.from)
    if (held !== undefined && !explained) seek(held, true)
  },
  zoomed: (step) => {
    for (const b of document.querySelectorAll<HTMLElement>('[data-zoom]')) b.setAttribute('aria-pressed', String(b.dataset.zoom === step))
  },
})
const clip = new ClipForm(find('[data-clip]'), data.id, stream, () => player.now(), {
  changed: (c) => {
    line.clip = c
    line.draw()
  },
  play: (at) => line.go(at),
})

function stream(): string {
  return player.stream?.stream ?? 'main'
}

function live(): void {
  held = undefined
  film.removeAttribute('data-hold')
  film.classList.add('wait')
  tell('', false)
  player.live()
  address()
}

/** Shows what was recorded at an instant, or says why nothing was. */
function seek(at: number, missing = false): void {
  const gap = line.data.gapAt(at)
  held = undefined
  if (!gap && !missing && !line.data.emptyAt(at)) {
    film.removeAttribute('data-hold')
    film.classList.add('wait')
    tell('', false)
    void player.seek(at)
    return address(at)
  }
  held = at
  explained = gap !== undefined
  player.hold(at)
  film.classList.remove('wait')
  film.setAttribute('data-hold', '')
  const next = line.data.after(gap?.to ?? at)
  tell(gap?.reason ?? say('none_here'), false, next && (() => line.go(Math.max(next.from, at + 1))))
  address(at)
}

/** Footage up to at was played: goes on with the next, or with what is live. */
function onward(at: number): void {
  if (Date.now() - at < 20_000) return live()
  const gap = line.data.gapAt(at + 500)
  const next = line.data.after(Math.max(gap?.to ?? 0, at + 500))
  if (!next) return live()
  seek(Math.max(next.from, at) + 1)
  if (gap) tell(gap.reason, true)
}

/** Where little was recorded yet, an hour shows more than the usual six. */
let judged = false
function begun(first: number | undefined): void {
  if (judged || first === undefined) return
  judged = true
  if (new URL(location.href).searchParams.has('zoom') || Date.now() - first > zooms['1h']) return
  line.zoom(zooms['1h'])
}

let held: number | undefined // where the film stands still because there is no picture
let explained = false
let stamped = 0
let quiet = 0
function tell(text: string, soft: boolean, skip?: () => void): void {
  clearTimeout(quiet)
  notice.hidden = !text
  notice.classList.toggle('soft', soft)
  notice.textContent = text
  if (soft && text) quiet = window.setTimeout(() => (notice.hidden = true), 6000)
  if (!skip) return
  const b = document.createElement('button')
  b.type = 'button'
  b.className = 'knob text'
  b.textContent = say('gap_skip')
  b.addEventListener('click', skip)
  notice.append(b)
}

function controls(): void {
  const isLive = player.mode === 'live'
  line.live = isLive
  film.dataset.play = player.playing ? 'playing' : 'paused'
  film.dataset.sound = player.video.muted ? 'muted' : 'loud'
  button('play').setAttribute('aria-label', say(player.playing ? 'pause' : 'play'))
  button('sound').setAttribute('aria-label', say(player.video.muted ? 'sound_on' : 'sound_off'))
  button('speed').setAttribute('aria-label', say('speed', { rate: player.speed }))
  button('speed').textContent = `${player.speed}×`
  button('speed').hidden = isLive
  button('live').textContent = say(isLive ? 'live' : 'go_live')
  button('live').setAttribute('aria-pressed', String(isLive))
  button('full').setAttribute('aria-label', say(document.fullscreenElement ? 'full_end' : 'full'))
  const s = player.stream
  button('sound').hidden = !/mp4a|opus|flac/i.test(s?.mime ?? '')
  const quality = find('[data-quality]')
  quality.hidden = !s?.height
  if (s?.height) quality.textContent = `${say(s.stream)} · ${s.height}p`
}

// The address always names what is shown; live has the camera's own.
function address(at?: number): void {
  const url = new URL(location.pathname, location.href)
  if (at !== undefined) url.searchParams.set('at', iso(Math.round(at / 1000) * 1000))
  const step = line.view.step
  if (step && step !== '6h') url.searchParams.set('zoom', step)
  history.replaceState(null, '', url)
  dated(at ?? Date.now())
}

let day = 0
let loading: AbortController | undefined
function dated(at: number): void {
  const heading = show(at, 'date')
  const h = find('[data-day]')
  if (h.textContent !== heading) h.textContent = heading
  if (midnight(at) === day) return
  const first = day === 0
  day = midnight(at)
  if (first) return // the page came with it
  loading?.abort()
  loading = new AbortController()
  const { signal } = loading
  setTimeout(() => signal.aborted || void refresh(list(), signal).catch(() => {}), 300)
}

/** The page as the server would render it for what is shown. */
function list(): URL {
  const url = new URL(location.pathname, location.href)
  if (player.mode === 'recorded') url.searchParams.set('at', iso(player.now()))
  return url
}

/** Takes over what changed about the camera. */
async function learn(): Promise<void> {
  const res = await fetch(`/api/v1/cameras/${data.id}`)
  if (res.status === 404) return location.reload()
  if (!res.ok) return
  const { streams } = (await res.json()) as { streams: { stream: string; mime?: string; video?: { codec: string; height: number } }[] | null }
  const known = (streams ?? []).map((s) => ({ stream: s.stream, mime: s.mime ?? '', codec: name(s.video?.codec), height: s.video?.height ?? 0 }))
  if (player.know(known)) live()
  await refresh(list())
}

const name = (codec = '') => codec.replace(/^h(26\d)$/, 'H.$1')

function tick(): void {
  if (player.mode === 'recorded') {
    const at = player.now()
    const gap = player.playing ? line.data.gapAt(at) : undefined
    if (gap && gap.to < Infinity) onward(at)
    line.follow(at)
    dated(at)
  } else line.follow(Date.now())
  stamp.hidden = player.mode === 'live'
  const shown = player.now()
  if (Math.floor(shown / 1000) !== stamped) {
    stamped = Math.floor(shown / 1000)
    stamp.dateTime = new Date(shown).toISOString()
    stamp.textContent = show(shown, 'moment')
  }
  if (!document.hidden) requestAnimationFrame(tick)
}

function full(): void {
  if (document.fullscreenElement) void document.exitFullscreen()
  else void film.requestFullscreen?.()
}

const acts: Record<string, () => void> = {
  play: () => (player.playing ? player.pause() : player.play()),
  sound: () => (player.video.muted = !player.video.muted),
  speed: () => player.faster(),
  live: () => line.go(Date.now()),
  full,
}
for (const [name, act] of Object.entries(acts)) button(name).addEventListener('click', act)
const keys: Record<string, string> = { ' ': 'play', k: 'play', m: 'sound', l: 'live', f: 'full' }
addEventListener('keydown', (e) => {
  const busy = (e.target as HTMLElement).closest('input, button, a, summary')
  const act = acts[keys[e.key]]
  if (!act || busy || e.ctrlKey || e.metaKey || e.altKey) return
  e.preventDefault()
  act()
})
document.addEventListener('fullscreenchange', controls)
for (const b of document.querySelectorAll<HTMLElement>('[data-zoom]')) {
  b.addEventListener('click', () => (line.zoom(zooms[b.dataset.zoom ?? '6h']), address(player.mode === 'live' ? undefined : player.now())))
}
// The list's links and its date are seeks where there is a script.
addEventListener('click', (e) => {
  const a = (e.target as Element).closest<HTMLAnchorElement>('[data-seek], [data-to-day]')
  if (!a || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault()
  line.go(Date.parse(a.dataset.seek ?? new URL(a.href).searchParams.get('at') ?? ''))
  if (a.dataset.seek) film.scrollIntoView({ block: 'nearest' })
})
addEventListener('submit', (e) => {
  const form = e.target as HTMLFormElement
  if (form.dataset.jump === undefined) return
  e.preventDefault()
  line.go(fromLocal(`${new FormData(form).get('day')}T00:00:00`))
})
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return player.mode === 'live' ? player.rest() : undefined
  requestAnimationFrame(tick)
  if (player.mode === 'live') player.live()
})
addEventListener('pagehide', () => player.rest())

find('[data-controls]').hidden = false
find('[data-line]').hidden = false
line.zoom(zooms[data.zoom] ?? zooms['6h'])
line.clip = clip.open
player.video.muted = true
if (data.at) {
  line.view.at = Date.parse(data.at)
  seek(line.view.at)
} else live()
controls()
tick()
player.warm()
begin(() => void learn().catch(() => {}))
setInterval(() => document.hidden || void refresh(list()).catch(() => {}), 60_000) // the list grows
