// What the windows of one browser share, because it keeps six connections to a
// server for all of them: one stream of states, and as many live pictures as
// leave room for everything else.
const most = 4 // live pictures: one connection is for the states and one for the rest
const silent = 20_000 // ms after which a window is gone that did not say goodbye
export const beat = 5000 // ms between two wishes of a window that is looked at

/** What a window asks for; it says so again every beat. */
export interface Wish {
  listens: boolean // to the states
  pictures: number // to play
  first: boolean // and before others
}

/** What a window is told. */
export interface News {
  feed?: 'open' | 'lost' | 'closed' // how it stands with the stream of states
  cameras?: string // the newest states, as JSON
  ring?: string // a press that rings, or does no more, as JSON
  talk?: string // who talks at cameras, as JSON
  street?: true // something changed in the neighborhood
  play?: number // how many pictures it may play
}

interface Window extends Wish {
  may: number
  heard: number
}

export class Broker {
  #windows = new Map<MessagePort, Window>()
  #source?: EventSource
  #feed?: News['feed']
  #cameras?: string
  #talk = '[]'
  #rings = new Map<number, string>() // what rings, by camera

  constructor() {
    setInterval(() => this.#allot(), beat)
  }

  connect(port: MessagePort): void {
    port.onmessage = (e: MessageEvent<Wish>) => {
      const before = this.#windows.get(port)
      this.#windows.set(port, { ...e.data, may: before?.may ?? 0, heard: Date.now() })
      if (e.data.listens && !before?.listens && this.#source) this.#greet(port)
      this.#allot()
    }
  }

  #greet(port: MessagePort): void {
    port.postMessage({ feed: this.#feed, cameras: this.#cameras } satisfies News)
    port.postMessage({ talk: this.#talk } satisfies News)
    for (const ring of this.#rings.values()) port.postMessage({ ring } satisfies News)
  }

  #allot(): void {
    for (const [port, w] of this.#windows) {
      if (Date.now() - w.heard > silent) this.#windows.delete(port)
    }
    const all = [...this.#windows]
    const listened = all.some(([, w]) => w.listens)
    if (listened && !this.#source) this.#open()
    if (!listened) this.#close()

    // One each in turn, as long as there are some.
    const share = new Map(all.map(([port]) => [port, 0]))
    let free = most
    for (const first of [true, false]) {
      for (let given = true; given && free > 0; ) {
        given = false
        for (const [port, w] of all) {
          const has = share.get(port) as number
          if (w.first !== first || has >= w.pictures || free === 0) continue
          share.set(port, has + 1)
          free--
          given = true
        }
      }
    }
    for (const [port, w] of all) {
      const play = share.get(port) as number
      if (play !== w.may) port.postMessage({ play } satisfies News)
      w.may = play
    }
  }

  #open(): void {
    const source = new EventSource('/api/v1/states')
    this.#source = source
    source.addEventListener('cameras', (e) => this.#tell({ cameras: (this.#cameras = (e as MessageEvent<string>).data) }))
    source.addEventListener('ring', (e) => {
      const ring = (e as MessageEvent<string>).data
      const press = JSON.parse(ring) as { camera: number; rings: boolean }
      if (press.rings) this.#rings.set(press.camera, ring)
      else this.#rings.delete(press.camera)
      this.#tell({ ring })
    })
    source.addEventListener('talk', (e) => this.#tell({ talk: (this.#talk = (e as MessageEvent<string>).data) }))
    source.addEventListener('street', () => this.#tell({ street: true }))
    source.onopen = () => this.#tell({ feed: (this.#feed = 'open') })
    source.onerror = () => {
      const closed = source.readyState === EventSource.CLOSED
      this.#tell({ feed: (this.#feed = closed ? 'closed' : 'lost') })
      // It is opened again with the next beat.
      if (closed) this.#close()
    }
  }

  #close(): void {
    this.#source?.close()
    this.#source = this.#feed = this.#cameras = undefined
    this.#rings.clear()
    this.#talk = '[]'
  }

  #tell(news: News): void {
    for (const [port, w] of this.#windows) if (w.listens) port.postMessage(news)
  }
}
