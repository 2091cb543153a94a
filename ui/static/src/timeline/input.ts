// Hands on the strip: drag, pinch, wheel, click and keys.
import type { View } from './view'

export interface Hands {
  scrub(at: number): void // the hand is still moving
  seek(at: number): void // it has let go
  zoomed(): void
  hover(x: number | undefined): void
  grip(x: number): 'from' | 'to' | undefined // which end of the clip is under x
  clip(end: 'from' | 'to', at: number): void
  glide(at: number): void // a click: move there softly
  key(e: KeyboardEvent): boolean
}

const slack = 5 // px a finger moves before a press is a drag

export function handle(strip: HTMLElement, view: View, hands: Hands): void {
  const down = new Map<number, number>() // pointer -> x
  let begun: { x: number; at: number } | undefined
  let moved = false
  let end: 'from' | 'to' | undefined
  let pinch = 0

  const at = (e: PointerEvent | MouseEvent) => e.clientX - strip.getBoundingClientRect().left
  const distance = () => {
    const [a, b] = [...down.values()]
    return Math.max(Math.abs(a - b), 1)
  }

  strip.addEventListener('pointerdown', (e) => {
    if (e.button !== 0) return
    strip.setPointerCapture(e.pointerId)
    down.set(e.pointerId, at(e))
    if (down.size === 1) {
      begun = { x: at(e), at: view.at }
      moved = false
      end = hands.grip(at(e))
    } else pinch = distance() * view.span
    hands.hover(undefined)
  })
  strip.addEventListener('pointermove', (e) => {
    if (!down.has(e.pointerId)) return hands.hover(e.pointerType === 'mouse' ? at(e) : undefined)
    down.set(e.pointerId, at(e))
    if (down.size === 2) {
      moved = true
      view.zoom(pinch / distance())
      return hands.zoomed()
    }
    if (!begun || down.size > 2) return
    if (!moved && Math.abs(at(e) - begun.x) < slack) return
    moved = true
    if (end) return hands.clip(end, view.time(at(e)))
    strip.classList.add('drag')
    hands.scrub(begun.at - ((at(e) - begun.x) / view.width) * view.span)
  })
  const up = (e: PointerEvent) => {
    if (!down.delete(e.pointerId)) return
    strip.classList.remove('drag')
    if (down.size > 0) {
      // One finger of a pinch stays: it goes on as a drag from where it is.
      const [x] = down.values()
      begun = { x, at: view.at }
      return
    }
    if (!end && begun && e.type === 'pointerup') moved ? hands.seek(view.at) : hands.glide(view.time(at(e)))
    else if (!end && moved) hands.seek(view.at) // the browser took the gesture; stay where it left us
    begun = end = undefined
  }
  strip.addEventListener('pointerup', up)
  strip.addEventListener('pointercancel', up)
  strip.addEventListener('pointerleave', () => hands.hover(undefined))

  let settle = 0
  strip.addEventListener(
    'wheel',
    (e) => {
      const unit = e.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1
      const sideways = e.shiftKey ? e.deltaY + e.deltaX : Math.abs(e.deltaX) > Math.abs(e.deltaY) ? e.deltaX : 0
      // Who only scrolls the page past the strip must not be held by it. A pinch comes with the control key.
      const meant = e.ctrlKey || e.metaKey || document.activeElement === strip
      if (!sideways && !meant) return
      e.preventDefault()
      if (!sideways) {
        view.zoom(view.span * Math.exp(e.deltaY * unit * (e.ctrlKey ? 0.01 : 0.0016)))
        return hands.zoomed()
      }
      hands.scrub(view.at + ((sideways * unit) / view.width) * view.span)
      clearTimeout(settle)
      settle = window.setTimeout(() => hands.seek(view.at), 160)
    },
    { passive: false },
  )
  strip.addEventListener('keydown', (e) => {
    if (!e.ctrlKey && !e.metaKey && !e.altKey && hands.key(e)) e.preventDefault()
  })
}
