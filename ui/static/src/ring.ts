// Rings on every page, looked at or not, until somebody answers or nobody did.
import { answer } from './answer'
import { nameOf, type Press } from './broker'
import { chime } from './chime'
import { rested } from './parts'
import { recent } from './time'
import { ask, hear } from './windows'
import { say } from './words'

const longest = 50_000 // ms after which it rings no more, whatever was told: it does for 45 s
const often = 1000 // ms between pictures of the door

const shown = new Map<string, Visit>()
const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
const usual = { title: document.title, icon: icon?.href ?? '' }
let loud = false // this window is heard, of all of the browser
let hush: (() => void) | undefined

/** Whether this is the page of a camera, which itself says who rings there. */
const own = (camera: number): boolean => location.pathname === `/cameras/${camera}`

/** Says that somebody goes to the door; true if that was so, or somebody else does. */
export async function go(camera: number, at: string): Promise<boolean> {
  const status = await answer(`/api/v1/cameras/${camera}/ring/answer`, (res) => res.status, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ at }),
  })
  if (status !== 200 && status !== 409) return false
  shown.get(nameOf({ camera, at }))?.end()
  settle()
  return true
}

/**
 * One who rings: all of the window, unless the page says it itself. What one did
 * there stays as it is, and the focus goes back to it. Keys that are pressed
 * while it comes press nothing: the focus is on no button.
 */
class Visit {
  #all?: HTMLDialogElement
  #timer = setTimeout(() => (this.end(), settle()), longest)
  #next?: number
  #stop?: () => void // ends what plays live
  #moves = false // it does play
  #says = false // what may be said was asked for
  readonly #see = () => this.#look()

  constructor(readonly press: Press) {
    if (own(press.camera) && !document.fullscreenElement) return // a whole screen shows but the picture
    this.#all = whole(press, () => {
      if (!this.#all) return // it is over
      later(press)
      this.end()
      settle()
    })
    rested(() => this.#open()) // a drag goes on to its end
  }

  #open(): void {
    if (!this.#all) return // it is over
    document.body.append(this.#all)
    this.#all.showModal()
    this.#all.focus()
    document.addEventListener('visibilitychange', this.#see)
    this.#look()
  }

  /** Adds what may be said at the door, once somebody looks. */
  async #say(): Promise<void> {
    if (this.#says || !('says' in document.body.dataset)) return
    this.#says = true
    const { says } = await import('./says')
    const box = await says(this.press.camera)
    if (box) this.#all?.querySelector('footer')?.prepend(box)
  }

  /** Shows the live picture, that which the page has or another, and until it comes the newest one again and again, while somebody looks. */
  #look(): void {
    this.#rest()
    if (!this.#seen) return
    void this.#say().catch(() => {}) // one can answer without
    const tile = document.querySelector<HTMLVideoElement>(`[data-tile="${this.press.camera}"] video`)?.srcObject
    const film = this.#film()
    if (tile) {
      film.onloadeddata = () => this.#show(film)
      film.srcObject = tile
      return
    }
    this.#still()
    void import('./player/caller').then(({ play }) => {
      if (!this.#seen || this.#stop) return
      this.#stop = play(film, this.#address, (moves) => {
        this.#moves = moves
        if (moves) this.#show(film)
        else this.#still()
      })
    }, () => {}) // without an answer the pictures go on
  }

  #still(): void {
    clearTimeout(this.#next)
    if (!this.#seen || this.#moves) return
    const film = this.#film()
    const again = () => (this.#next = window.setTimeout(() => this.#still(), often))
    film.onerror = again
    film.onloadeddata = () => {
      if (!this.#moves) this.#show(film)
      again()
    }
    film.src = `${this.#address}/picture.mp4?stream=sub&now=${Date.now()}`
  }

  get #seen(): boolean {
    return this.#all !== undefined && !document.hidden
  }

  get #address(): string {
    return `/api/v1/cameras/${this.press.camera}`
  }

  #film(): HTMLVideoElement {
    const film = element('video', '')
    Object.assign(film, { muted: true, playsInline: true, autoplay: true, preload: 'auto' })
    film.setAttribute('aria-label', say('ring_picture', { name: this.press.name }))
    return film
  }

  #show(film: HTMLVideoElement): void {
    this.#all?.querySelector('.seen')?.replaceChildren(film)
  }

  #rest(): void {
    clearTimeout(this.#next)
    this.#stop?.()
    this.#stop = undefined
    this.#moves = false
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#rest()
    document.removeEventListener('visibilitychange', this.#see)
    const all = this.#all
    this.#all = undefined
    all?.close()
    all?.remove()
    shown.delete(nameOf(this.press))
  }
}

function whole(press: Press, off: () => void): HTMLDialogElement {
  const { camera, name, at } = press
  const all = element('dialog', 'ringing')
  all.dataset.ringing = String(camera)
  all.tabIndex = -1
  all.setAttribute('role', 'alertdialog')
  all.setAttribute('aria-label', `${say('ring_now')}: ${name}`)
  all.onclose = off
  all.onkeydown = (e) => e.stopPropagation() // keys are not for the page behind
  const bell = element('img', '')
  Object.assign(bell, { src: '/static/ring.svg', alt: '' })
  const where = element('h2', 'name', name)
  where.dir = 'auto'
  const who = element('div', '')
  who.append(where, element('p', 'num', `${say('ring_now')} · ${recent(Date.parse(at))}`))
  const head = element('header', '')
  head.append(bell, who)
  const see = seeing(camera, at)
  const answers = element('button', 'btn', say('ring_answer'))
  answers.onclick = () => void go(camera, at)
  const put = element('button', 'btn', say('ring_later'))
  put.onclick = off
  const foot = element('footer', '')
  foot.append(see, answers, put)
  all.append(head, element('div', 'seen'), foot)
  return all
}

function seeing(camera: number, at: string): HTMLAnchorElement {
  const see = element('a', 'btn main', say('ring_see'))
  see.href = `/cameras/${camera}?ring=${at}`
  return see
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, text = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  e.className = name
  e.textContent = text
  return e
}

/** Puts a ring off: this window has a reminder of it instead, and it is heard in none. */
function later(press: Press): void {
  sessionStorage.setItem(nameOf(press), 'later')
  ask({ hushed: nameOf(press) })
  remind(press)
}

/** What is said of a ring that is over takes the place of its button, also of one that was just pressed. */
function letGo(): void {
  const used = document.activeElement
  if (used instanceof HTMLElement && used.closest('[data-part=ring] [data-answers]')) used.blur()
}

const reminders = new Map<string, HTMLElement>()

/** A ring that was put off stays in reach as long as it rings. */
function remind({ camera, name, at }: Press): void {
  const key = nameOf({ camera, at })
  if (own(camera) || reminders.has(key)) return
  const bar = element('div', 'put-off card')
  bar.setAttribute('role', 'status')
  const who = element('span', '')
  const where = element('b', '', name)
  where.dir = 'auto'
  who.append(where, say('ring_now'))
  bar.append(who, seeing(camera, at))
  document.body.append(bar)
  reminders.set(key, bar)
  setTimeout(() => forget(key), longest)
}

function forget(key: string): void {
  reminders.get(key)?.remove()
  reminders.delete(key)
}

const off = (press: Press) => sessionStorage.getItem(nameOf(press)) !== null

/** Has the bell, the title and the icon of the page say whether somebody rings. */
function settle(): void {
  const first: Visit | undefined = shown.values().next().value
  if (first && loud) hush ??= chime()
  else {
    hush?.()
    hush = undefined
  }
  document.body.toggleAttribute('data-rings', first !== undefined)
  document.title = first ? `${say('ring_now')}: ${first.press.name}` : usual.title
  if (icon) icon.href = first ? '/static/ring.svg' : usual.icon
}

/** Shows who rings, and calls changed when that begins and ends, or may have meanwhile. */
export function ring(changed: () => void): void {
  let turn: number | undefined
  hear((news) => {
    if (news.loud !== undefined) loud = news.loud
    if (news.loud) ask({})
    if (news.ringing) {
      const names = new Set(news.ringing.map(nameOf))
      for (const [name, visit] of shown) if (!names.has(name)) visit.end()
      for (const name of reminders.keys()) if (!names.has(name)) forget(name)
      for (const press of news.ringing) if (off(press)) remind(press)
      for (const press of news.ringing) if (!shown.has(nameOf(press)) && !off(press)) shown.set(nameOf(press), new Visit(press))
      if (!news.ringing.some((p) => own(p.camera))) letGo()
      // The page is as old as the first that is told, or older than who rings by then.
      if (turn === undefined ? names.size > 0 : turn !== news.turn) changed()
      turn = news.turn
    }
    settle()
  })
  // What the page of the camera itself offers, where it works without a script, too.
  addEventListener('submit', (e) => {
    const { answers } = (e.target as HTMLFormElement).dataset
    const at = (e.submitter as HTMLButtonElement | null)?.value
    if (answers === undefined || !at) return
    e.preventDefault()
    void go(Number(answers), at)
  })
  addEventListener('click', (e) => {
    const button = (e.target as Element).closest<HTMLButtonElement>('[data-later]')
    if (!button) return
    for (const visit of [...shown.values()]) {
      if (!own(visit.press.camera)) continue
      later(visit.press)
      visit.end()
    }
    settle()
  })
}
