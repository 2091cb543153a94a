// What the windows of one browser share, because it keeps six connections to a
// server for all of them: one stream of states, or of rings alone while no window is
// looked at, and as many live pictures as leave room for everything else. Of the
// windows one is heard when it rings.
const most = 4 // live pictures: one connection is for the states and one for the rest
const silent = 20_000 // ms after which a window is gone that did not say goodbye
const asleep = 150_000 // ms likewise, of one that nobody looks at: browsers let it speak once a minute
export const beat = 5000 // ms between two wishes of a window
const prompt = 1000 // ms in which a window answers that is to be heard
const slept = 90_000 // ms between two beats after which what was connected may be no more

/** What a window asks for; it says so again every beat. */
export interface Wish {
  listens: boolean // to the states: it is looked at
  rings: boolean // it wants to know who rings, looked at or not
  touched: boolean // so browsers let it be heard
  hushed: string // the last ring that is not to be heard any more
  pictures: number // to play
  first: boolean // and before others
}

/** Somebody at the door. Camera and at name the ring. */
export interface Press {
  camera: number
  name: string
  at: string
  rings: boolean
}
export const nameOf = (p: Pick<Press, 'camera' | 'at'>): string => `ring-${p.camera}-${p.at}`

/** What a window is told. */
export interface News {
  feed?: 'open' | 'lost' | 'closed' // how it stands with the stream
  cameras?: string // the newest states, as JSON
  ringing?: Press[] // all who ring now
  turn?: number // counts what became of rings: another number than the last says that there is news
  loud?: boolean // this window is the one that is heard, as long as somebody rings; it answers with its wish
  talk?: string // who talks at cameras, as JSON
  street?: true // something changed in the neighborhood
  play?: number // how many pictures it may play
}

/** A window, as far as the broker knows it; a MessagePort is one. */
export interface Port {
  postMessage(news: News): void
  onmessage: ((e: MessageEvent<Wish>) => void) | null
}

interface Window extends Wish {
  may: number
  loud: boolean
  heard: number
}

export class Broker {
  #windows = new Map<Port, Window>()
  #source?: EventSource
  #whole = false // the source tells of more than rings
  #feed?: News['feed']
  #cameras?: string
  #talk = '[]'
  #ringing = new Map<number, Press>() // by camera
  #hushed = new Set<string>()
  #turn = 0
  #beat = Date.now()
  #over = false

  readonly #ticks = setInterval(() => this.#tick(), beat)

  /**
   * Ends all that is connected; no window is told of anything more, and what one
   * still has on its way is not heard.
   */
  close(): void {
    this.#over = true
    clearInterval(this.#ticks)
    this.#windows.clear()
    this.#close()
  }

  connect(port: Port): void {
    port.onmessage = (e: MessageEvent<Wish>) => {
      if (this.#over) return
      const before = this.#windows.get(port)
      if (!before) port.postMessage({ loud: false } satisfies News) // or it may not be the only one
      this.#windows.set(port, { ...e.data, may: before?.may ?? 0, loud: before?.loud ?? false, heard: Date.now() })
      if (e.data.hushed) this.#hushed.add(e.data.hushed)
      if (this.#source && ((e.data.listens && !before?.listens) || (e.data.rings && !before?.rings))) this.#greet(port, e.data)
      this.#allot()
    }
  }

  #greet(port: Port, w: Wish): void {
    if (w.listens && this.#whole) {
      port.postMessage({ feed: this.#feed, cameras: this.#cameras } satisfies News)
      port.postMessage({ talk: this.#talk } satisfies News)
    }
    port.postMessage(this.#rung())
  }

  /** Who rings, for those who ask and whenever that changes. */
  #rung = (): News => ({ ringing: [...this.#ringing.values()], turn: this.#turn })

  #tick(): void {
    const now = Date.now()
    if (now - this.#beat > slept) this.#close() // this machine slept: the other end may have let go
    this.#beat = now
    this.#allot()
    if (this.#whole && !this.#any((w) => w.listens)) this.#listen(false)
  }

  #any(want: (w: Window) => boolean): boolean {
    return [...this.#windows.values()].some(want)
  }

  #allot(): void {
    for (const [port, w] of this.#windows) {
      if (Date.now() - w.heard > (w.listens ? silent : asleep)) this.#windows.delete(port)
    }
    // From all to rings alone with a beat: whoever goes to another window is back at once.
    const listened = this.#any((w) => w.listens)
    if (listened) this.#listen(true)
    else if (!this.#any((w) => w.rings)) {
      this.#close()
      this.#ringing.clear()
    }
    else if (!this.#source) this.#listen(false)
    this.#raise()
    this.#share()
  }

  #share(): void {
    // One each in turn, as long as there are some.
    const all = [...this.#windows]
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

  /** Lets one window be heard while somebody rings: one that can be, and that is looked at if there is one. */
  #raise(): void {
    const told = Date.now()
    let best: Window | undefined
    const rank = (w: Window) => Number(w.touched) * 4 + Number(w.listens) * 2 + Number(w.loud)
    if ([...this.#ringing.values()].some((p) => !this.#hushed.has(nameOf(p)))) {
      for (const w of this.#windows.values()) if (w.rings && (!best || rank(w) > rank(best))) best = w
    }
    for (const [port, w] of this.#windows) {
      if (w.loud === (w === best)) continue
      w.loud = w === best
      port.postMessage({ loud: w.loud } satisfies News)
      if (w.loud) setTimeout(() => this.#expect(port, told), prompt)
    }
  }

  /** Gives up a window that did not answer when it was to be heard, such as one that crashed. */
  #expect(port: Port, since: number): void {
    const w = this.#windows.get(port)
    if (!w?.loud || w.heard >= since) return
    this.#windows.delete(port)
    this.#allot()
  }

  #listen(whole: boolean): void {
    if (this.#source && this.#whole === whole) return
    this.#close()
    const source = new EventSource(whole ? '/api/v1/states' : '/api/v1/states?only=rings')
    this.#source = source
    this.#whole = whole
    const on = (name: string, take: (data: string) => void) => source.addEventListener(name, (e) => take((e as MessageEvent<string>).data))
    on('cameras', (cameras) => this.#tell({ cameras: (this.#cameras = cameras) }))
    on('rings', (data) => {
      // What became of rings meanwhile is not told: there may be news.
      this.#ringing = new Map((JSON.parse(data) as Press[]).map((p) => [p.camera, p]))
      this.#ring()
    })
    on('ring', (data) => {
      const press = JSON.parse(data) as Press
      if (press.rings) this.#ringing.set(press.camera, press)
      else if (this.#ringing.get(press.camera)?.at === press.at) this.#ringing.delete(press.camera)
      this.#ring()
    })
    on('talk', (talk) => this.#tell({ talk: (this.#talk = talk) }))
    on('street', () => this.#tell({ street: true }))
    source.onopen = () => this.#tell({ feed: (this.#feed = 'open') })
    source.onerror = () => {
      const closed = source.readyState === EventSource.CLOSED
      this.#tell({ feed: (this.#feed = closed ? 'closed' : 'lost') })
      this.#ringing.clear() // what still does is told when there is an answer again
      this.#ring(false)
      // It is opened again with the next beat.
      if (closed) this.#close()
    }
  }

  #ring(news = true): void {
    if (news) this.#turn++
    this.#raise()
    for (const [port, w] of this.#windows) if (w.rings) port.postMessage(this.#rung())
  }

  #close(): void {
    this.#source?.close()
    this.#source = this.#feed = this.#cameras = undefined
    this.#talk = '[]'
  }

  #tell(news: News): void {
    for (const [port, w] of this.#windows) if (w.listens) port.postMessage(news)
  }
}
