// The buttons on the picture, and their keys.
import type { Player } from './player/player'
import { say } from './words'

const keys: Record<string, string> = { ' ': 'play', k: 'play', m: 'sound', l: 'live', f: 'full' }

/** Gives the buttons in film their work; returns what makes them show how things stand. */
export function control(film: HTMLElement, player: Player, live: () => void): () => void {
  const button = (name: string) => film.querySelector(`[data-do=${name}]`) as HTMLButtonElement
  const quality = film.querySelector('[data-quality]') as HTMLElement
  const acts: Record<string, () => void> = {
    play: () => (player.playing ? player.pause() : player.play()),
    sound: () => (player.video.muted = !player.video.muted),
    speed: () => player.faster(),
    live,
    full: () => void (document.fullscreenElement ? document.exitFullscreen() : film.requestFullscreen?.()),
  }
  for (const [name, act] of Object.entries(acts)) button(name).addEventListener('click', act)
  addEventListener('keydown', (e) => {
    const busy = (e.target as HTMLElement).closest('input, button, a, summary')
    const act = acts[keys[e.key]]
    if (!act || busy || e.ctrlKey || e.metaKey || e.altKey) return
    e.preventDefault()
    act()
  })

  const update = () => {
    const isLive = player.mode === 'live'
    const { stream } = player
    const label = (name: string, key: string, values = {}) => button(name).setAttribute('aria-label', say(key, values))
    film.dataset.play = player.playing ? 'playing' : 'paused'
    film.dataset.sound = player.video.muted ? 'muted' : 'loud'
    label('play', player.playing ? 'pause' : 'play')
    label('sound', player.video.muted ? 'sound_on' : 'sound_off')
    label('speed', 'speed', { rate: player.speed })
    label('full', document.fullscreenElement ? 'full_end' : 'full')
    button('sound').hidden = !/mp4a|opus|flac/i.test(stream?.mime ?? '')
    button('speed').textContent = `${player.speed}×`
    button('speed').hidden = isLive
    button('live').textContent = say(isLive ? 'live' : 'go_live')
    button('live').setAttribute('aria-pressed', String(isLive))
    quality.hidden = !stream?.height
    if (stream?.height) quality.textContent = `${say(stream.stream)} · ${stream.height}p`
  }
  document.addEventListener('fullscreenchange', update)
  return update
}
