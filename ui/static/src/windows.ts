// This window among the others of the browser.
import { beat, Broker, type News, type Wish } from './broker'

const wish: Wish = { listens: false, rings: false, touched: false, hushed: '', pictures: 0, first: false }
const hearers: ((news: News) => void)[] = []
let shared = false // the broker is that of other windows, too
let port = reach()

/** The broker of all windows or, where they cannot share one, of this window alone. */
function reach(): MessagePort {
  const address = document.body.dataset.shared
  if (address && 'SharedWorker' in window) {
    try {
      const worker = new SharedWorker(address, { type: 'module' })
      worker.onerror = () => (port = alone())
      shared = true
      return talk(worker.port)
    } catch {} // the browser keeps workers from pages that may store nothing
  }
  return alone()
}

function alone(): MessagePort {
  shared = false
  const { port1, port2 } = new MessageChannel()
  new Broker().connect(port2)
  return talk(port1)
}

function talk(port: MessagePort): MessagePort {
  port.onmessage = (e: MessageEvent<News>) => hearers.forEach((hear) => hear(e.data))
  port.postMessage(wish)
  return port
}

/** Calls on with whatever the broker tells from now on. */
export const hear = (on: (news: News) => void): void => void hearers.push(on)

/** Asks the broker for something else. */
export function ask(change: Partial<Wish>): void {
  Object.assign(wish, change)
  port.postMessage(wish)
}

/** Whether this window may know who rings while nobody looks at it: one connection for all of them can be spared. */
export const rung = (): boolean => shared || !document.hidden

/**
 * Calls end when this window is about to show another page, which needs a
 * connection, and stay if it does not come to that.
 */
export function leaving(end: () => void, stay: () => void): void {
  addEventListener('beforeunload', () => {
    end()
    setTimeout(stay, 4000)
  })
  addEventListener('pagehide', end)
}

setInterval(() => (wish.listens || wish.rings) && port.postMessage(wish), beat)
addEventListener('pagehide', () => ask({ listens: false, rings: false, pictures: 0 }))
