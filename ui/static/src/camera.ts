// The page of one camera: player, timeline, clip and the day's list in step.
import { answer, blob } from './answer'
import { begin } from './begin'
import { ClipForm, clipAddress } from './clip/form'
import { keep, photo, still as shot } from './clip/photo'
import { closer } from './closer'
import { control } from './controls'
import { Day } from './day'
import { Notice, type Act } from './notice'
import { Player, type Stream } from './player/player'
import { Films, Storyboard } from './player/storyboard'
import { go } from './ring'
import { swipe } from './swipe'
import { talk } from './talk'
import { iso, show } from './time'
import { Data } from './timeline/data'
import { Timeline, zooms } from './timeline/timeline'
import { ask, leaving, woken } from './windows'
import { say } from './words'

interface Page {
  id: number
  name: string
  at?: string
  mode: string
  removed?: boolean // there is only footage of it
  zoom: string
  came?: string // where the film of somebody who rang begins
  over?: boolean // they ring no more
  streams: Stream[]
}

const skip = 10_000 // ms that the keys of the picture go back or on

/** A stream as the API tells of it. */
interface Told {
  stream: string
  phase: string
  mime?: string
  video?: { codec: string; height: number }
}

const known = (s: Told): Stream => ({
  stream: s.stream, live: s.phase === 'live', mime: s.mime ?? '',
  codec: s.video?.codec.replace(/^h(26\d)$/, 'H.$1') ?? '', height: s.video?.height ?? 0,
})

const find = <T extends HTMLElement | null = HTMLElement>(s: string) => document.querySelector(s) as T
const link = new URL(location.href).searchParams // that of a message may have led here
const rang = link.get('ring') // when, if somebody did
const answers = link.get('answer') === '1'
const data = JSON.parse(find('[data-camera]').dataset.camera as string) as Page
const film = find('[data-film]')
const notice = new Notice(find('[data-notice]'))
const stamp = find<HTMLTimeElement>('[data-stamp]')

const video = find<HTMLVideoElement>('[data-video]')
video.querySelector('track')?.remove() // on the clock of a clip, which this player does not go by

// The time of the picture that came with the page.
const newest = data.at ? undefined : Date.parse(stamp.dateTime) || undefined

const player = new Player(video, data.id, data.streams, newest, {
  changed: () => (update(), look()),
  shown: () => (film.classList.remove('wait'), storyboard.hide(), notice.retract(say('lost'))),
  stepped: (at) => address(Math.ceil(at), 1), // not before its picture begins
  notice: (text, soft) => notice.tell(text, soft),
  unplayable,
  ended: onward,
  nothing: (at) => (coming === undefined ? seek(at, true) : live()),
})
const films = new Films((query) => answer(`/api/v1/cameras/${data.id}/storyboard.mp4?${new URLSearchParams({ stream: player.glance ?? 'main', ...query })}`, blob))
const storyboard = new Storyboard(find<HTMLVideoElement>('[data-storyboard]'), films)
const tip = new Storyboard(find<HTMLVideoElement>('[data-tip-picture]'), films)
const line = new Timeline(find('[data-strip]'), find('[data-tip]'), find('[data-canvas]'), (changed) => new Data(data.id, stream, changed), {
  scrub,
  seek: (at) => seek(at),
  live,
  clip: (c) => clip.set(c),
  loaded: () => {
    begun(line.data.footage[0]?.from)
    // That and why there is nothing here may become known only now.
    const now = asked === undefined ? undefined : lack(asked)
    if (asked !== undefined && now && now !== why) seek(asked)
  },
  hover: (at) => (at === undefined ? tip.hide() : tip.show(at, line.view.span)),
  zoomed: (step) => {
    for (const b of document.querySelectorAll<HTMLElement>('[data-zoom]')) b.setAttribute('aria-pressed', String(b.dataset.zoom === step))
  },
})
const clip = new ClipForm(find('[data-clip]'), data.id, stream, films, () => player.now(), {
  changed: (c) => {
    line.clip = c
    line.draw()
  },
  play: (c) => {
    player.wanted = true
    line.go(c.from)
    until = c.to
  },
  drag: (at, span) => line.drag(at, span),
  drop: (at) => {
    player.wanted = false // one looks at where it is cut
    line.drop(at)
  },
})
const day = new Day(find('[data-day]'), find<HTMLInputElement>('#date'), here)
const update = control(film, find('[data-strip]'), player, () => {
  player.large()
  line.go(Date.now())
})

function stream(): string {
  return player.stream?.stream ?? 'main'
}

let asked: number | undefined // the instant that a person asked for
let until: number | undefined // where the clip ends that is played
let why: string | undefined // why there is no picture of it

/** Why there is no picture of an instant, as far as is known. */
function lack(at: number): string | undefined {
  return line.data.gapAt(at)?.reason ?? (line.data.emptyAt(at) ? say('none_here') : undefined)
}

function live(): void {
  asked = coming = until = undefined
  if (data.removed || data.mode === 'privacy') {
    player.hold(Date.now())
    still(say(data.removed ? 'removed' : 'private'))
    return address()
  }
  expect()
  player.live()
  address()
}

/** Shows what was recorded at an instant, or says why nothing was. */
function seek(at: number, missing = false): void {
  asked = at
  before = coming = until = undefined
  why = lack(at) ?? (missing ? say('none_here') : undefined)
  if (!why) {
    expect()
    void player.seek(at)
    return address(at)
  }
  player.hold(at)
  const next = line.data.after(line.data.gapAt(at)?.to ?? at)
  still(why, next && { label: say('gap_skip'), act: () => line.go(Math.max(next.from, at + 1)) })
  address(at)
}

const read = 2500 // ms in which a few words are read
const steps = 6000 // ms of film of somebody who comes and rings
let coming: number | undefined // where that ends, and what is live begins

/** Shows who came to the door, and then what is there now, as soon as somebody answers or talks. */
function come(at: number): void {
  expect()
  coming = at + steps
  void player.seek(at)
  address()
  notice.tell(say('ring_came'), true)
  // It hides who comes.
  video.addEventListener('playing', () => setTimeout(() => notice.retract(say('ring_came')), read), { once: true })
}

/** Shows what was recorded where a hand is, or that nothing was. */
function scrub(at: number, span: number): void {
  coming = until = undefined
  player.scrub(at)
  day.follow(at)
  const why = lack(at)
  film.toggleAttribute('data-hold', why !== undefined)
  notice.tell(why ?? '')
  if (why === undefined) storyboard.show(at, span)
  else storyboard.hide()
}

/** Footage up to at was played: goes on with the next, or with what is live. */
function onward(at: number): void {
  if (Date.now() - at < 20_000) return live()
  const gap = line.data.gapAt(at + 500)
  const next = line.data.after(Math.max(gap?.to ?? 0, at + 500))
  if (!next) return live()
  seek(Math.max(next.from, at) + 1)
  if (gap) notice.tell(gap.reason, true)
}

/** The film goes on at once behind a gap: says why there is one. */
let before: number | undefined // the instant at the last tick
function skipped(at: number): void {
  const from = before
  before = player.playing ? at : undefined
  if (from === undefined || at - from < 500) return
  const gap = line.data.gaps.find((g) => g.from > from - 100 && g.to < at + 100)
  if (gap) notice.tell(gap.reason, true)
}

/** The browser cannot show it: the minute can still be taken away. */
function unplayable(codec: string): void {
  const to = Math.min(player.now() + 30_000, Date.now() - 2000)
  const href = clipAddress(data.id, stream(), { from: to - 60_000, to })
  still(say('unplayable', { codec }), { label: say('download'), href })
}

/** A picture is on its way. */
function expect(): void {
  film.removeAttribute('data-hold')
  film.classList.add('wait')
  notice.tell('')
}

/** There is no picture. */
function still(why: string, offer?: Act): void {
  storyboard.hide()
  film.classList.remove('wait')
  film.setAttribute('data-hold', '')
  notice.tell(why, false, offer)
}

/** Where little was recorded yet, an hour shows more than the usual six. */
let judged = false
function begun(first: number | undefined): void {
  if (judged || first === undefined) return
  judged = true
  if (!new URL(location.href).searchParams.has('zoom') && Date.now() - first < zooms['1h']) line.zoom(zooms['1h'])
}

// The address always names what is shown, to the second, or to fine ms where that
// tells one picture from the next; live has the camera's own.
function address(at?: number, fine = 1000): void {
  const url = new URL(location.pathname, location.href)
  if (at !== undefined) url.searchParams.set('at', iso(Math.round(at / fine) * fine))
  const { step } = line.view
  if (step && step !== '6h') url.searchParams.set('zoom', step)
  history.replaceState(null, '', url)
  day.follow(at ?? Date.now())
}

// All cameras at the moment that is shown; of now that is the wall.
const gather = find<HTMLAnchorElement | null>('[data-together]')
for (const type of ['pointerdown', 'click']) {
  gather?.addEventListener(type, () => {
    gather.href = player.mode === 'live' ? '/wall' : `${gather.dataset.together}&at=${encodeURIComponent(iso(player.now()))}`
  })
}

/** The page as the server would render it for what is shown. */
function here(): URL {
  const url = new URL(location.pathname, location.href)
  if (player.mode === 'recorded') url.searchParams.set('at', iso(player.now()))
  if (rang) url.searchParams.set('ring', rang)
  return url
}

/** Takes over what changed about the camera. */
async function learn(): Promise<void> {
  const told = await answer(`/api/v1/cameras/${data.id}`, async (res) =>
    res.ok ? ((await res.json()) as { streams: Told[] | null; mode?: string }) : res.status === 404 ? 'gone' : undefined)
  if (told === 'gone') return location.reload()
  if (!told) return
  const { streams, mode } = told
  const turned = (mode === 'privacy') !== (data.mode === 'privacy') // off, or on again
  data.mode = mode ?? ''
  if (player.know((streams ?? []).map(known)) || (turned && asked === undefined)) live()
  await day.refresh()
}

let stamped = 0
let left = false // another page is on its way
let drawn = 0 // the next look at the clock
function tick(): void {
  const at = player.now()
  if (player.mode === 'recorded') {
    if (coming !== undefined && at >= coming) live()
    else skipped(at)
    if (until !== undefined && at >= until) {
      until = undefined
      player.pause()
    }
    day.follow(at)
  }
  line.follow(at)
  age()
  if (!document.hidden && !left) next()
}

function next(): void {
  cancelAnimationFrame(drawn) // one that waited while nobody looked
  drawn = requestAnimationFrame(tick)
}

/** Says live only of what is; anything else is dated, and dimmed unless it was asked for. */
function age(): void {
  const { fresh, mode } = player
  const taken = storyboard.at ?? player.taken()
  const asked = mode === 'live' ? undefined : line.view.at
  if (fresh !== line.live) {
    line.live = fresh
    line.draw()
    update()
    if (fresh) notice.retract(say('lost'))
    else if (mode === 'live' && taken !== undefined) notice.tell(say('lost'))
  }
  film.classList.toggle('old', taken !== undefined && !fresh && Math.abs(taken - (asked ?? Infinity)) > 3000)
  stamp.hidden = fresh || (taken ?? asked) === undefined
  const at = taken ?? asked ?? 0
  const second = Math.floor(at / 1000)
  if (second === stamped) return
  stamped = second
  stamp.dateTime = new Date(at).toISOString()
  stamp.textContent = show(at, 'moment')
}

for (const b of document.querySelectorAll<HTMLElement>('[data-zoom]')) {
  b.addEventListener('click', () => (line.zoom(zooms[b.dataset.zoom ?? '6h']), address(player.mode === 'live' ? undefined : player.now())))
}
for (const b of document.querySelectorAll<HTMLElement>('[data-hop]')) b.addEventListener('click', () => line.step(b.dataset.hop === 'back'))
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
  if (form.dataset.answers !== undefined) attend()
  if (form.dataset.jump === undefined) return
  e.preventDefault()
  line.go(day.typed())
})
const camera = find<HTMLButtonElement>('[data-photo]')
camera.addEventListener('click', async () => {
  const at = storyboard.at ?? player.taken()
  camera.disabled = true
  const large = player.mode === 'live' && player.stream?.stream === 'main'
  const jpeg = at && (await (large ? shot(video) : photo(data.id, at, video)))
  camera.disabled = false
  if (jpeg) keep(jpeg, data.name, at)
  else notice.tell(say('photo_none'), true)
})
const look = () => ask({ pictures: Number(!document.hidden && player.mode === 'live'), first: true })
const again = () => player.mode === 'live' && (player.rest(), player.live())
const back = () => {
  left = false
  next()
  again()
}
document.addEventListener('visibilitychange', () => {
  look()
  if (!document.hidden) back()
  else if (player.mode === 'live') player.rest()
})
leaving(() => ((left = true), player.rest()), back)
woken(again)

closer(film)
swipe(film, [...document.querySelectorAll<HTMLAnchorElement>('[data-others] a')])
film.addEventListener('keydown', (e) => {
  const by = { ArrowLeft: -skip, ArrowRight: skip }[e.key]
  if (!by || e.target !== film || e.ctrlKey || e.metaKey || e.altKey) return
  e.preventDefault()
  line.go(player.now() + by)
})
line.zoom(zooms[data.zoom] ?? zooms['6h'])
line.clip = clip.open
video.muted = true
if (data.at) {
  line.view.at = Date.parse(data.at)
  seek(line.view.at)
} else if (data.came && !answers) {
  line.view.at = Date.parse(data.came)
  if (data.over) seek(line.view.at)
  else come(line.view.at)
} else live()
update()
look()
tick()
// What plays film is most of the page's script: it comes when a hand or a key does.
for (const type of ['pointermove', 'pointerdown', 'keydown']) addEventListener(type, () => player.warm(), { once: true, capture: true })
begin(() => data.removed || void learn())
setInterval(() => document.hidden || void day.refresh(), 60_000) // the list grows

const bar = find<HTMLElement | null>('[data-talk]')
if (bar) talk(bar, video)

// Who answers or talks to them wants to see what is there now.
const attend = () => coming !== undefined && live()
bar?.addEventListener('pointerdown', attend)

/** Does what somebody chose in a message: an address alone, which others can make one open, changes nothing. */
async function answered(at: string): Promise<void> {
  if (document.hidden) return document.addEventListener('visibilitychange', () => void answered(at), { once: true })
  if (await go(data.id, at)) bar?.querySelector<HTMLElement>('[data-do=hold]')?.focus()
}
if (rang && answers) void answered(rang)
