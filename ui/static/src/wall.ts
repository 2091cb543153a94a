// A screen on the wall: all cameras, as large as they can be; one that is touched,
// or at which somebody rings, fills it.
import { begin } from './begin'
import { nameOf } from './broker'
import { refresh } from './parts'
import { renew, settle, tiles } from './tiles'
import { hear } from './windows'

const shape = 16 / 9 // of most pictures
const shown = 4000 // ms for which the way back is seen after a touch

const screen = document.querySelector('.screen') as HTMLElement
const list = document.querySelector('[data-wall]') as HTMLElement

/** How many pictures stand side by side so that n of them are largest in a window. */
export function columns(n: number, width: number, height: number): number {
  let [best, widest] = [1, 0]
  for (let c = 1; c <= n; c++) {
    const wide = Math.min(width / c, (height / Math.ceil(n / c)) * shape)
    if (wide > widest) [best, widest] = [c, wide]
  }
  return best
}

const fit = () => list.style.setProperty('--columns', String(columns(tiles.length, innerWidth, innerHeight)))

/** Has the tile of that camera fill the screen, or none. */
function enlarge(camera?: string): void {
  for (const tile of tiles) {
    tile.large = camera !== undefined && tile.link.dataset.tile === camera
    tile.link.closest('li')?.classList.toggle('large', tile.large)
    tile.covered = camera !== undefined && !tile.large
  }
  settle()
}

let rung: string | undefined // the camera that is large because somebody rings there
let known = new Set<string>()
hear(({ ringing }) => {
  if (!ringing) return
  const fresh = ringing.find((p) => !known.has(nameOf(p)))
  known = new Set(ringing.map(nameOf))
  if (fresh) enlarge((rung = String(fresh.camera)))
  else if (rung && !ringing.some((p) => String(p.camera) === rung)) enlarge((rung = undefined))
})

list.addEventListener('click', (e) => {
  const link = (e.target as Element).closest<HTMLElement>('[data-tile]')
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault()
  rung = undefined
  enlarge(link.closest('.large') ? undefined : link.dataset.tile)
})
addEventListener('keydown', (e) => e.key === 'Escape' && enlarge((rung = undefined)))

let hiding = 0
function wake(): void {
  clearTimeout(hiding)
  screen.classList.add('awake')
  hiding = window.setTimeout(() => screen.classList.remove('awake'), shown)
}
for (const what of ['pointermove', 'pointerdown']) addEventListener(what, wake)

// The screen stays on as long as the wall is looked at; browsers that cannot, or
// may not at the moment, leave it to the device. They take it back when the page
// is hidden, and whenever they like.
async function stay(): Promise<void> {
  if (document.hidden) return
  const lock = await navigator.wakeLock?.request('screen').catch(() => undefined)
  lock?.addEventListener('release', stay)
}
document.addEventListener('visibilitychange', stay)
addEventListener('resize', fit)
void stay()
fit()
wake()

begin(async () => {
  const doc = await refresh(location.href)
  if (!doc) return
  const fresh = new Map([...doc.querySelectorAll<HTMLElement>('[data-tile]')].map((f) => [f.dataset.tile, f]))
  for (const { link } of tiles) link.classList.toggle('shut', fresh.get(link.dataset.tile)?.classList.contains('shut') ?? false)
  renew(doc)
})
