// A closer look at the picture: by pinch, wheel, double click and the keys +, - and
// 0; a drag moves what is seen.

const most = 8
const step = 1.5
const slack = 5 // px a hand moves before a press is a drag

interface Point {
  x: number
  y: number
}

const clamp = (v: number, least: number, most: number) => Math.min(Math.max(v, least), most)

/** Lets hands zoom into the videos that fill film. */
export function closer(film: HTMLElement): void {
  const videos = film.querySelectorAll<HTMLElement>('video')
  let scale = 1
  let at: Point = { x: 0, y: 0 } // of the picture's middle, in sizes of the film from its own
  const down = new Map<number, Point>()
  let moved = false

  const apply = () => {
    const edge = (scale - 1) / 2 // no further than the picture goes
    at = { x: clamp(at.x, -edge, edge), y: clamp(at.y, -edge, edge) }
    for (const v of videos) v.style.transform = scale === 1 ? '' : `translate(${at.x * 100}%, ${at.y * 100}%) scale(${scale})`
    film.classList.toggle('closer', scale > 1)
  }
  /** What is seen at p stays there. */
  const zoom = (by: number, p: Point = { x: 0, y: 0 }) => {
    const next = clamp(scale * by, 1, most)
    at = { x: p.x - ((p.x - at.x) * next) / scale, y: p.y - ((p.y - at.y) * next) / scale }
    scale = next
    apply()
  }
  const place = (e: MouseEvent): Point => {
    const box = film.getBoundingClientRect()
    return { x: (e.clientX - box.left) / box.width - 0.5, y: (e.clientY - box.top) / box.height - 0.5 }
  }
  const spread = () => {
    const [a, b] = [...down.values()]
    return Math.max(Math.hypot((a.x - b.x) * film.clientWidth, (a.y - b.y) * film.clientHeight), 1)
  }
  const free = (e: Event) => !(e.target as HTMLElement).closest('button, a')

  film.addEventListener('pointerdown', (e) => {
    if (e.button !== 0 || !free(e)) return
    down.set(e.pointerId, place(e))
    moved = false
  })
  film.addEventListener('pointermove', (e) => {
    if (!e.buttons) down.delete(e.pointerId) // it was let go elsewhere
    const from = down.get(e.pointerId)
    if (!from) return
    const to = place(e)
    const before = down.size === 2 ? spread() : 0
    if (!moved && !before && Math.hypot((to.x - from.x) * film.clientWidth, (to.y - from.y) * film.clientHeight) < slack) return
    if (!moved) film.setPointerCapture(e.pointerId)
    moved = true
    down.set(e.pointerId, to)
    if (down.size === 2) {
      const [a, b] = [...down.values()]
      return zoom(spread() / before, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
    }
    if (scale === 1 || down.size > 2) return
    at = { x: at.x + to.x - from.x, y: at.y + to.y - from.y }
    apply()
  })
  for (const end of ['pointerup', 'pointercancel'] as const) film.addEventListener(end, (e) => down.delete(e.pointerId))
  film.addEventListener('dblclick', (e) => free(e) && zoom(scale > 1 ? 1 / most : 2.5, place(e)))
  film.addEventListener(
    'wheel',
    (e) => {
      // Who only scrolls the page past the picture must not be held by it.
      if (!e.ctrlKey && !e.metaKey && scale === 1 && document.activeElement !== film) return
      e.preventDefault()
      zoom(Math.exp(-e.deltaY * (e.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1) * (e.ctrlKey ? 0.01 : 0.002)), place(e))
    },
    { passive: false },
  )
  const keys: Record<string, number> = { '+': step, '=': step, '-': 1 / step, '0': 1 / most }
  film.addEventListener('keydown', (e) => {
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return
    e.preventDefault()
    zoom(keys[e.key])
  })
}
