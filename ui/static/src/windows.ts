// This window among the others of the browser.
import { beat, Broker, type News, type Wish } from './broker'
import { Led, leads } from './leader'

const wish: Wish = { listens: false, rings: false, touched: false, hushed: '', pictures: 0, first: false }
const hearers: ((news: News) => void)[] = []
let shared = false // the broker is that of other windows, too
const longest = 12_000 // ms between two beats after which this machine slept; sessions of WebRTC end after 9 s
let port = reach()

/** The broker of all windows, in a worker or in one of them, or, where they cannot share one, of this window alone. */
function reach(): { postMessage(wish: Wish): void } {
  const address = document.body.dataset.shared
  if (!address) return alone()
  if ('SharedWorker' in window) {
    try {
      const worker = new SharedWorker(address, { type: 'module' })
      worker.onerror = () => (port = led())
      shared = true
      return talk(worker.port)
    } catch {} // the browser keeps workers from pages that may store nothing
  }
  return led()
}

function led(): { postMessage(wish: Wish): void } {
  if (!leads()) return alone()
  shared = true
  const port = new Led(told)
  port.postMessage(wish)
  return port
}

function told(news: News): void {
  for (const hear of hearers) hear(news)
}

function alone(): MessagePort {
  shared = false
  const { port1, port2 } = new MessageChannel()
  new Broker().connect(port2)
  return talk(port1)
}

function talk(port: MessagePort): MessagePort {
  port.onmessage = (e: MessageEvent<News>) => told(e.data)
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
 * connection; and stay if it does not come to that, or when the window comes back
 * to this page as it was left (the browser's back/forward cache).
 */
export function leaving(end: () => void, stay: () => void): void {
  let wait = 0
  const back = () => (clearTimeout(wait), stay())
  addEventListener('beforeunload', () => {
    end()
    clearTimeout(wait)
    wait = window.setTimeout(back, 4000)
  })
  addEventListener('pagehide', end)
  addEventListener('pageshow', (e) => e.persisted && back())
}

/**
 * Calls on when this machine slept while the window was looked at: what was
 * connected is no more, which it would learn much later.
 */
export function woken(on: () => void): void {
  let last = Date.now()
  const look = () => (last = Date.now())
  document.addEventListener('visibilitychange', look) // timers of what nobody looks at come late
  addEventListener('pageshow', look)
  setInterval(() => {
    const slept = Date.now() - last > longest && !document.hidden
    look()
    if (slept) on()
  }, beat)
}

setInterval(() => (wish.listens || wish.rings) && port.postMessage(wish), beat)
addEventListener('pagehide', () => ask({ listens: false, rings: false, pictures: 0 }))
