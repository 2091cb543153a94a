// Regions painted on the picture with a pointer. Each stands in the form as one
// line: "in" or "out", then where it is when, and where it moves to.
import { say } from '../words'

interface Place {
  at: number // ms after the beginning of what is shared
  box: [x: number, y: number, w: number, h: number] // thousandths of the picture
}
interface Region {
  outside: boolean
  from: Place
  to?: Place
}
const most = 16

export class Painting {
  #regions: Region[] = []
  #layer: HTMLElement
  #list: HTMLElement
  #moving: Region | undefined // gets its second place with the next box

  constructor(
    private readonly form: HTMLFormElement,
    private readonly film: HTMLVideoElement,
    private readonly begin: () => number,
  ) {
    this.#layer = form.querySelector('[data-regions]') as HTMLElement
    this.#list = document.createElement('div')
    this.#list.className = 'painted'
    this.#regions = [...form.querySelectorAll<HTMLInputElement>('[name=region]')].map((i) => read(i.value)).filter((r) => r !== undefined)
    if (!form.querySelector('#photo')) return // there is no blur on this machine
    const paint = button(say('share_paint'), () => this.#arm())
    const tools = form.querySelector('[data-tools]') as HTMLElement
    tools.append(paint, this.#list)
    tools.hidden = false
    this.#layer.addEventListener('pointerdown', (e) => this.#drag(e))
    this.#show()
  }

  #now = (): number => Math.min(30_000, Math.max(0, Math.round(this.film.currentTime * 1000 - this.begin())))

  #arm(moving?: Region): void {
    this.#moving = moving
    this.film.pause()
    this.film.controls = false
    this.#layer.hidden = false
    this.#layer.classList.add('armed')
  }

  #drag(e: PointerEvent): void {
    if (!this.#layer.classList.contains('armed')) return
    e.preventDefault()
    const r = this.#layer.getBoundingClientRect()
    const at = (p: PointerEvent): [number, number] => [part((p.clientX - r.left) / r.width), part((p.clientY - r.top) / r.height)]
    const [x0, y0] = at(e)
    const box = document.createElement('i')
    this.#layer.append(box)
    this.#layer.setPointerCapture(e.pointerId)
    const size = (p: PointerEvent): Place['box'] => {
      const [x, y] = at(p)
      return [Math.min(x, x0), Math.min(y, y0), Math.abs(x - x0), Math.abs(y - y0)]
    }
    const move = (p: PointerEvent) => put(box, size(p))
    this.#layer.addEventListener('pointermove', move)
    const end = (p: PointerEvent) => {
      this.#layer.removeEventListener('pointermove', move)
      box.remove()
      this.#done(size(p))
    }
    this.#layer.addEventListener('pointerup', end, { once: true })
  }

  #done(box: Place['box']): void {
    this.#layer.classList.remove('armed')
    this.film.controls = true
    const place = { at: this.#now(), box }
    if (box[2] >= 10 && box[3] >= 10) {
      if (!this.#moving) this.#regions.push({ outside: false, from: place })
      else if (place.at !== this.#moving.from.at) this.#moving.to = place
    }
    this.#show()
  }

  #show(): void {
    this.#regions = this.#regions.slice(0, most)
    const fields = this.form.querySelector('[data-fields]') as HTMLElement
    fields.replaceChildren(...this.#regions.map((r) => hidden('region', write(r))))
    this.#list.replaceChildren(...this.#regions.map((r, i) => this.#row(r, i)))
    this.draw()
  }

  #row(r: Region, i: number): HTMLElement {
    const row = document.createElement('p')
    const name = document.createElement('b')
    name.textContent = String(i + 1)
    const kind = button(say(r.outside ? 'share_outside' : 'share_inside'), () => ((r.outside = !r.outside), this.#show()))
    const to = button(say(r.to ? 'share_moves' : 'share_move'), () => this.#arm(r))
    const off = button(say('share_remove'), () => ((this.#regions = this.#regions.filter((o) => o !== r)), this.#show()))
    row.append(name, kind, to, off)
    return row
  }

  /** Draws where the regions are at the moment that the film shows. */
  draw(): void {
    this.#layer.hidden = this.#regions.length === 0 && !this.#layer.classList.contains('armed')
    this.#layer.replaceChildren(
      ...this.#regions.map((r, i) => {
        const box = document.createElement('i')
        box.className = r.outside ? 'outside' : ''
        box.dataset.number = String(i + 1)
        put(box, between(r, this.#now()))
        return box
      }),
    )
  }
}

function between({ from, to }: Region, now: number): Place['box'] {
  if (!to) return from.box
  const share = Math.min(1, Math.max(0, (now - from.at) / (to.at - from.at)))
  return from.box.map((v, i) => v + share * ((to.box[i] ?? v) - v)) as Place['box']
}

const part = (v: number): number => Math.round(Math.min(1, Math.max(0, v)) * 1000)
const words = ({ at, box }: Place): string => [at, ...box].join(' ')
const write = (r: Region): string => [r.outside ? 'out' : 'in', words(r.from), ...(r.to ? [words(r.to)] : [])].join(' ')

function read(s: string): Region | undefined {
  const [kind, ...n] = s.split(' ')
  const place = (f: string[]): Place => ({ at: Number(f[0]), box: f.slice(1, 5).map(Number) as Place['box'] })
  if (n.length !== 5 && n.length !== 10) return undefined
  return { outside: kind === 'out', from: place(n), ...(n.length > 5 ? { to: place(n.slice(5)) } : {}) }
}

function put(e: HTMLElement, [x, y, w, h]: Place['box']): void {
  Object.assign(e.style, { left: `${x / 10}%`, top: `${y / 10}%`, width: `${w / 10}%`, height: `${h / 10}%` })
}

function button(label: string, press: () => void): HTMLButtonElement {
  const b = document.createElement('button')
  b.type = 'button'
  b.className = 'btn'
  b.textContent = label
  b.addEventListener('click', press)
  return b
}

function hidden(name: string, value: string): HTMLInputElement {
  const i = document.createElement('input')
  Object.assign(i, { type: 'hidden', name, value })
  return i
}
