// Rings on every page that is looked at, until somebody answers or nobody did.
import { answer } from './answer'
import { chime } from './chime'
import { say } from './words'
import { hear } from './windows'

interface Press {
  camera: number
  name: string
  at: string
  rings: boolean
}

const shown = new Map<number, Visit>() // by camera

/** One who rings, as a card over the page. It takes no focus: somebody may be typing. */
class Visit {
  #card = document.createElement('section')
  #bell = chime()

  constructor(readonly press: Press) {
    const { camera, name, at } = press
    const card = this.#card
    card.className = 'card ringing'
    card.dataset.ringing = String(camera)
    card.setAttribute('role', 'alertdialog')
    card.setAttribute('aria-label', `${say('ring_now')}: ${name}`)
    const title = element('p', 'small quiet', say('ring_now'))
    const where = element('h2', 'name', name)
    where.dir = 'auto'
    const film = document.createElement('video')
    Object.assign(film, { muted: true, playsInline: true, preload: 'auto', src: `/api/v1/cameras/${camera}/picture.mp4?stream=sub&now=${Date.now()}` })
    film.setAttribute('aria-label', say('ring_picture', { name }))
    film.onerror = () => film.remove()
    const see = element('a', 'btn main', say('ring_see'))
    see.href = `/cameras/${camera}`
    const go = element('button', 'btn', say('ring_answer'))
    go.onclick = () =>
      void answer(`/api/v1/cameras/${camera}/ring/answer`, () => true, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ at }) })
    const later = element('button', 'btn', say('ring_later'))
    later.onclick = () => {
      sessionStorage.setItem(key(press), 'later')
      this.end()
    }
    const row = element('div', 'row')
    row.append(see, go, later)
    card.append(title, where, film, row)
    document.body.append(card)
  }

  end(): void {
    this.#bell()
    this.#card.remove()
    shown.delete(this.press.camera)
  }
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, text = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  e.className = name
  e.textContent = text
  return e
}

const key = (p: Press) => `ring-${p.camera}-${p.at}`

/** Shows who rings, and calls changed when that begins and ends. */
export function ring(changed: () => void): void {
  hear(({ feed, ring }) => {
    // What ended while the feed was away is not told: what rings still is, when it is back.
    if (feed && feed !== 'open') for (const visit of shown.values()) visit.end()
    if (!ring) return
    const press = JSON.parse(ring) as Press
    shown.get(press.camera)?.end()
    if (press.rings && !sessionStorage.getItem(key(press))) shown.set(press.camera, new Visit(press))
    changed()
  })
}
