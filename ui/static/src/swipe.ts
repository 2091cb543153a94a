// A thumb that swipes over the picture goes to the next camera, or to the one before.
const far = 70 // px
const level = 2 // times as far as up or down
const quick = 600 // ms: what takes longer is a drag

/** Lets a thumb go through the links of the page, one of which is where it is. */
export function swipe(film: HTMLElement, links: HTMLAnchorElement[]): void {
  let from: { x: number; y: number; at: number } | undefined
  let fingers = 0
  film.addEventListener('pointerdown', (e) => {
    if (e.pointerType !== 'touch') return
    const alone = ++fingers === 1 && !film.classList.contains('closer') // a picture that is zoomed into moves
    from = alone ? { x: e.clientX, y: e.clientY, at: e.timeStamp } : undefined
  })
  film.addEventListener('pointercancel', (e) => {
    if (e.pointerType === 'touch') fingers = Math.max(fingers - 1, 0)
    from = undefined
  })
  film.addEventListener('pointerup', (e) => {
    if (e.pointerType !== 'touch') return
    fingers = Math.max(fingers - 1, 0)
    if (!from) return
    const x = e.clientX - from.x
    const y = e.clientY - from.y
    const swiped = Math.abs(x) > far && Math.abs(x) > level * Math.abs(y) && e.timeStamp - from.at < quick
    from = undefined
    if (!swiped) return
    const here = links.findIndex((a) => a.hasAttribute('aria-current'))
    const there = links[here + (x < 0 ? 1 : -1)]
    if (here >= 0 && there) location.assign(there.href)
  })
}
