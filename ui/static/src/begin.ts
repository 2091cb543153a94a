import { adopt, refresh } from './parts'
import { ring } from './ring'
import { listen } from './states'
import { place } from './time'

/** Has what changed shown at once, or as soon as the page is looked at. */
function seen(changed: () => void): () => void {
  let due = false
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || !due) return
    due = false
    changed()
  })
  return () => (document.hidden ? (due = true) : changed())
}

/** What every page does. Pages with more to do pass their own refresh. */
export function begin(changed: () => void = () => void refresh(location.href)): void {
  // The server means the same day as the script, from the first part that it renders anew.
  document.cookie = `tz=${place()}; path=/; max-age=31536000; samesite=lax`
  adopt(document)
  listen(seen(changed))
  ring(seen(changed))
  // A menu closes when one looks elsewhere.
  addEventListener('pointerdown', (e) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('.menu[open]')) {
      if (!menu.contains(e.target as Node)) menu.open = false
    }
  })
  addEventListener('keydown', (e) => {
    const menu = document.querySelector<HTMLDetailsElement>('.menu[open]')
    if (e.key !== 'Escape' || !menu) return
    menu.open = false
    menu.querySelector('summary')?.focus()
  })
}
