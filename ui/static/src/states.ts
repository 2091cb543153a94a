// Listens for changes of the cameras' states while the page is looked at, and for
// rings also when it is not.
import { answer } from './answer'
import { typed } from './parts'
import { ask, hear, rung } from './windows'

const patience = 3000 // a reconnect shorter than this is nobody's business

// Who is no longer let in is sent to the door, where the page asks for the key.
// What was typed would be lost there: it waits until somebody signs in elsewhere.
async function knock(): Promise<void> {
  const status = await answer('/api/v1/cameras', (res) => res.status)
  if (status === 401 && !typed()) location.reload()
}

/** Calls changed with the cameras' data after every change. */
export function listen(changed: () => void): void {
  const banner = document.querySelector<HTMLElement>('[data-offline]')
  let last: string | undefined // what was heard first may be newer than the page
  let silence = 0

  hear(({ feed, cameras }) => {
    if (cameras !== undefined) {
      if (last !== cameras) changed()
      last = cameras
    }
    if (feed === 'open') {
      clearTimeout(silence)
      silence = 0
      if (banner) banner.hidden = true
    } else if (feed) {
      silence ||= window.setTimeout(() => banner && (banner.hidden = false), patience)
      if (feed === 'closed') void knock()
    }
  })
  const look = () => ask({ listens: !document.hidden, rings: rung(), touched: navigator.userActivation?.hasBeenActive ?? true })
  document.addEventListener('visibilitychange', look)
  for (const use of ['pointerup', 'keydown']) addEventListener(use, look, { once: true })
  // A navigation aborts what is under way; that must not look like an outage.
  addEventListener('pagehide', () => clearTimeout(silence))
  addEventListener('pageshow', (e) => e.persisted && (look(), changed()))
  look()
}
