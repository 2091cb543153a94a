// One window has the broker of all, where browsers have no workers that windows share:
// the one that was looked at last, and when that goes, another one. They speak by a
// channel that all windows of the home hear.
import { Broker, type News, type Wish } from './broker'

const name = 'stoop-windows' // of the lock that the leading window holds, and of the channel
type Said = { from: string; wish: Wish } | { to: string; news: News } | { leads: true }

/** Whether this browser lets one window lead; over plain HTTP none does. */
export const leads = (): boolean => 'locks' in navigator && 'BroadcastChannel' in window

/** This window among those that one of them leads. */
export class Led {
  readonly #own = crypto.randomUUID()
  readonly #channel = new BroadcastChannel(name)
  #broker?: Broker
  #near?: MessagePort // to the broker, where it is in this window
  #far = new Map<string, Far>() // other windows, likewise
  #queued?: AbortController
  #end?: () => void
  #wish?: Wish

  constructor(private readonly hear: (news: News) => void) {
    this.#channel.onmessage = (e: MessageEvent<Said>) => this.#said(e.data)
    const look = () => document.hidden || this.#broker || this.#stand(true)
    document.addEventListener('visibilitychange', look)
    addEventListener('pagehide', () => (this.#queued?.abort(), this.#end?.(), this.#leave()))
    addEventListener('pageshow', (e) => e.persisted && this.#stand(!document.hidden))
    this.#stand(!document.hidden)
  }

  postMessage(wish: Wish): void {
    this.#wish = wish
    if (this.#near) this.#near.postMessage(wish)
    else this.#channel.postMessage({ from: this.#own, wish } satisfies Said)
  }

  /** Leads at once, since browsers let windows sleep that nobody looks at, or when no other does. */
  #stand(now: boolean): void {
    this.#queued?.abort()
    const queued = now ? undefined : new AbortController()
    this.#queued = queued
    navigator.locks
      .request(name, now ? { steal: true } : { signal: queued?.signal }, () => this.#lead())
      .catch(() => {
        if (queued?.signal.aborted) return
        this.#leave() // another one is looked at
        if (this.#wish) this.postMessage(this.#wish)
        this.#stand(false)
      })
  }

  #lead(): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    this.#broker = new Broker()
    this.#broker.connect(port2)
    port1.onmessage = (e: MessageEvent<News>) => this.hear(e.data)
    this.#near = port1
    if (this.#wish) this.postMessage(this.#wish)
    this.#channel.postMessage({ leads: true } satisfies Said)
    return new Promise((done) => (this.#end = done))
  }

  #leave(): void {
    this.#broker?.close()
    this.#near?.close()
    this.#broker = this.#near = undefined
    this.#far.clear()
  }

  #said(said: Said): void {
    if ('wish' in said) {
      if (!this.#broker) return
      let far = this.#far.get(said.from)
      if (!far) {
        far = new Far((news) => this.#channel.postMessage({ to: said.from, news } satisfies Said))
        this.#far.set(said.from, far)
        this.#broker.connect(far)
      }
      far.onmessage?.(new MessageEvent('message', { data: said.wish }))
    } else if ('news' in said) {
      if (said.to === this.#own && !this.#broker) this.hear(said.news)
    } else if (this.#wish) this.postMessage(this.#wish) // another one leads now
  }
}

/** Another window, as the broker knows windows. */
class Far {
  onmessage: ((e: MessageEvent<Wish>) => void) | null = null
  constructor(readonly postMessage: (news: News) => void) {}
}
