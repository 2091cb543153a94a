// The buttons on the picture, and their keys while film or timeline is in use.
import type { Player } from './player/player'
import { tells } from './player/recorded'
import { say } from './words'

const keys: Record<string, string> = { ' ': 'play', k: 'play', m: 'sound', l: 'live', f: 'full', ',': 'earlier', '.': 'later' }

const idle = 3000 // ms after which the buttons make room for the picture

/** A phone that shows only a video on its whole screen, as it likes it. */
type Phone = HTMLVideoElement & { webkitEnterFullscreen?: () => void }

/** Gives the buttons in film their work; returns what makes them show how things stand. */
export function control(film: HTMLElement, strip: HTMLElement, player: Player, live: () => void): () => void {
  const button = (name: string) => film.querySelector(`[data-do=${name}]`) as HTMLButtonElement
  const quality = film.querySelector('[data-quality]') as HTMLElement
  const way = document.querySelector<HTMLElement>('[data-way]') // but of a camera that was removed
  const phone = player.video as Phone
  const stage = film.parentElement as HTMLElement // the timeline is there, too
  const acts: Record<string, () => void> = {
    play: () => (player.playing ? player.pause() : player.play()),
    sound: () => (player.video.muted = !player.video.muted),
    speed: () => player.faster(),
    earlier: () => player.step(-1),
    later: () => player.step(1),
    live,
    full: () => {
      if (document.fullscreenElement) void document.exitFullscreen()
      else if (stage.requestFullscreen) void stage.requestFullscreen()
      else phone.webkitEnterFullscreen?.()
    },
  }
  button('full').hidden = !stage.requestFullscreen && !phone.webkitEnterFullscreen
  for (const [name, act] of Object.entries(acts)) button(name).addEventListener('click', act)
  const press = (e: KeyboardEvent) => {
    const act = acts[keys[e.key]]
    const own = e.key === ' ' && (e.target as HTMLElement).closest('button, a') // it presses what has the focus
    if (!act || own || e.ctrlKey || e.metaKey || e.altKey) return
    e.preventDefault()
    act()
  }
  film.tabIndex = 0
  for (const part of [film, strip]) part.addEventListener('keydown', press)
  fade(film)

  const update = () => {
    const isLive = player.mode === 'live'
    const { stream, fresh } = player
    const label = (name: string, key: string, values = {}) => button(name).setAttribute('aria-label', say(key, values))
    film.dataset.play = player.playing ? 'playing' : 'paused'
    film.dataset.sound = player.video.muted ? 'muted' : 'loud'
    label('play', player.playing ? 'pause' : 'play')
    label('sound', player.video.muted ? 'sound_on' : 'sound_off')
    label('speed', 'speed', { rate: player.speed })
    label('full', document.fullscreenElement ? 'full_end' : 'full')
    button('sound').hidden = !!stream?.mime && !/mp4a|opus|flac/i.test(stream.mime) // not known: there may be sound
    button('speed').textContent = `${player.speed}×`
    button('speed').hidden = isLive
    for (const name of ['earlier', 'later']) button(name).hidden = isLive || player.playing || !tells
    button('live').textContent = say(fresh ? 'live' : isLive ? 'not_live' : 'go_live')
    button('live').setAttribute('aria-pressed', String(fresh))
    if (way) way.hidden = !player.way
    if (way && player.way) way.textContent = say(`way_${player.way.why ?? player.way.by}`)
    quality.hidden = !stream?.height
    quality.dataset.quality = player.slow ? 'slow' : ''
    if (stream?.height) quality.textContent = [say(stream.stream), `${stream.height}p`, ...(player.slow ? [say('slow_link')] : [])].join(' · ')
  }
  document.addEventListener('fullscreenchange', update)
  return update
}

/** Has the buttons fade while nobody points at the picture; a thumb could not see what it touches. */
function fade(film: HTMLElement): void {
  if (!matchMedia('(hover: hover)').matches) return
  let timer = 0
  const wake = () => {
    film.removeAttribute('data-idle')
    clearTimeout(timer)
    timer = window.setTimeout(() => film.setAttribute('data-idle', ''), idle)
  }
  for (const type of ['pointermove', 'pointerdown', 'keydown', 'focusin']) film.addEventListener(type, wake)
  wake()
}
