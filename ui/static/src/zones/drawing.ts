// Zones and masks on a picture: by mouse, by touch and by keyboard.
import { say } from '../words'
import { most, mostCorners, moved, near, points, rectangle, within, write, type Corner, type Shape } from './shape'

const arrows: Record<string, Corner> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const step = 10 // thousandths that an arrow moves a corner by; with Shift it is one
const roomy = 90 // px that two corners are apart for a dot between them
const still = 4 // px that a finger moves when it only touches

export class Drawing {
  #chosen: Shape | undefined
  #corner = 0 // of the chosen one, which was used last
  #layer: HTMLElement
  #shapes: SVGGElement
  #text: HTMLTextAreaElement
  #list: HTMLElement
  #adds: HTMLButtonElement[]

  constructor(
    form: HTMLFormElement,
    private all: Shape[],
  ) {
    this.#layer = form.querySelector('[data-layer]') as HTMLElement
    this.#shapes = form.querySelector('[data-shapes]') as SVGGElement
    this.#text = form.querySelector('textarea') as HTMLTextAreaElement
    this.#list = form.querySelector('[data-list]') as HTMLElement
    this.#adds = [...form.querySelectorAll<HTMLButtonElement>('[data-add]')]
    this.#layer.classList.add('drawing')
    for (const b of this.#adds) b.addEventListener('click', () => this.#add(b.dataset.add === 'mask'))
    this.#shapes.addEventListener('pointerdown', (e) => this.#grab(e))
    // Or else the page scrolls: not all browsers know touch-action of a polygon.
    this.#shapes.addEventListener('touchstart', (e) => e.preventDefault(), { passive: false })
    new ResizeObserver(() => this.#show()).observe(this.#layer)
    this.#show()
  }

  #name(s: Shape): string {
    return say(s.mask ? 'mask' : 'zone', { n: this.all.filter((o) => o.mask === s.mask).indexOf(s) + 1 })
  }

  #add(mask: boolean): void {
    const s = rectangle(mask, this.all.length)
    // Zones come first, as they do in the text.
    this.all = [...this.all, s].sort((a, b) => Number(a.mask) - Number(b.mask))
    this.#choose(s, 0)
    this.#layer.scrollIntoView({ block: 'nearest' })
    this.#focus()
  }

  #choose(s: Shape | undefined, corner = 0): void {
    this.#chosen = s
    this.#corner = corner
    this.#show()
  }

  #remove(s: Shape): void {
    this.all = this.all.filter((o) => o !== s)
    this.#choose(undefined)
    this.#adds[0]?.focus()
  }

  #less(): void {
    const s = this.#chosen
    if (!s || s.corners.length <= 3) return
    s.corners.splice(this.#corner, 1)
    this.#choose(s, this.#corner % s.corners.length)
    this.#focus()
  }

  #more(s: Shape, after: number): void {
    const [a, b] = [s.corners[after] as Corner, s.corners[(after + 1) % s.corners.length] as Corner]
    s.corners.splice(after + 1, 0, [within((a[0] + b[0]) / 2), within((a[1] + b[1]) / 2)])
    this.#choose(s, after + 1)
  }

  #focus = (): void => this.#layer.querySelectorAll<HTMLElement>('.corner')[this.#corner]?.focus({ preventScroll: true })

  #at(e: PointerEvent): Corner {
    const r = this.#layer.getBoundingClientRect()
    return [((e.clientX - r.left) / r.width) * 1000, ((e.clientY - r.top) / r.height) * 1000]
  }

  /** Follows a pointer until it is let go. */
  #drag(e: PointerEvent, move: (to: Corner) => void): void {
    e.preventDefault()
    const layer = this.#layer
    layer.setPointerCapture(e.pointerId)
    let moves = false
    const follow = (p: PointerEvent) => {
      if (p.pointerId !== e.pointerId) return
      moves ||= Math.hypot(p.clientX - e.clientX, p.clientY - e.clientY) > still
      if (!moves) return
      move(this.#at(p))
      this.#place()
    }
    const end = (p: PointerEvent) => {
      if (p.pointerId !== e.pointerId) return
      layer.removeEventListener('pointermove', follow)
      layer.removeEventListener('pointerup', end)
      layer.removeEventListener('pointercancel', end)
      this.#show()
      this.#focus()
    }
    layer.addEventListener('pointermove', follow)
    layer.addEventListener('pointerup', end)
    layer.addEventListener('pointercancel', end)
  }

  #dragCorner(e: PointerEvent, s: Shape, corner: number): void {
    this.#corner = corner
    this.#drag(e, ([x, y]) => (s.corners[corner] = [near(x), near(y)]))
  }

  /** Somebody takes hold of a shape. */
  #grab(e: PointerEvent): void {
    const s = this.all[[...this.#shapes.children].indexOf(e.target as Element)]
    if (!s) return
    if (s !== this.#chosen) this.#choose(s)
    const [from, corners] = [this.#at(e), s.corners]
    this.#drag(e, ([x, y]) => (s.corners = moved(corners, x - from[0], y - from[1])))
  }

  #key(e: KeyboardEvent, s: Shape, corner: number): void {
    const way = arrows[e.key]
    const c = s.corners[corner] as Corner
    if (way) {
      const by = e.shiftKey ? 1 : step
      s.corners[corner] = [within(c[0] + by * way[0]), within(c[1] + by * way[1])]
      this.#place()
    } else if (e.key === 'Delete' || e.key === 'Backspace') this.#less()
    else return
    e.preventDefault()
  }

  /** Draws anew. */
  #show(): void {
    this.#shapes.replaceChildren(
      ...this.all.map((s) => {
        const p = document.createElementNS('http://www.w3.org/2000/svg', 'polygon')
        p.setAttribute('class', `${s.mask ? 'mask' : 'zone'}${s === this.#chosen ? ' chosen' : ''}`)
        if (s.mask) p.setAttribute('fill', 'url(#hatch)')
        return p
      }),
    )
    for (const old of this.#layer.querySelectorAll('.mark, button')) old.remove()
    this.#layer.append(...this.all.map((s) => mark(this.#name(s))), ...(this.#chosen ? this.#handles(this.#chosen) : []))
    this.#list.replaceChildren(...this.all.map((s) => this.#row(s)))
    for (const b of this.#adds) b.disabled = this.all.length >= most
    this.#place()
  }

  #handles(s: Shape): HTMLElement[] {
    const name = this.#name(s)
    const corners = s.corners.map((_, i) => {
      const b = handle('corner', say('zone_corner', { name, n: i + 1 }))
      b.classList.toggle('last', i === this.#corner)
      b.addEventListener('pointerdown', (e) => this.#dragCorner(e, s, i))
      b.addEventListener('keydown', (e) => this.#key(e, s, i))
      b.addEventListener('focus', () => {
        this.#corner = i
        for (const [n, o] of [...this.#layer.querySelectorAll('.corner')].entries()) o.classList.toggle('last', n === i)
      })
      return b
    })
    if (s.corners.length >= mostCorners) return corners
    const between = s.corners.map((_, i) => {
      const b = handle('between', say('zone_more', { name, n: i + 1 }))
      b.addEventListener('pointerdown', (e) => {
        this.#more(s, i)
        this.#dragCorner(e, s, i + 1)
      })
      b.addEventListener('click', (e) => {
        if (e.detail !== 0) return // a pointer did it already
        this.#more(s, i)
        this.#focus()
      })
      return b
    })
    return [...corners, ...between]
  }

  #row(s: Shape): HTMLElement {
    const row = document.createElement('div')
    const name = this.#name(s)
    const on = s === this.#chosen
    const choose = button(name, () => (this.#choose(on ? undefined : s), this.#focus()))
    choose.setAttribute('aria-pressed', String(on))
    row.append(choose)
    if (!on) return row
    const less = button(say('zone_less'), () => this.#less())
    less.disabled = s.corners.length <= 3
    row.append(less, button(say('zone_remove', { name }), () => this.#remove(s)))
    return row
  }

  /** Puts all of it where it is now, and into the form. */
  #place(): void {
    const marks = this.#layer.querySelectorAll<HTMLElement>('.mark')
    for (const [i, s] of this.all.entries()) {
      this.#shapes.children[i]?.setAttribute('points', points(s))
      const middle = ([0, 1] as const).map((k) => s.corners.reduce((sum, c) => sum + c[k], 0) / s.corners.length)
      put(marks[i], middle as Corner)
    }
    const s = this.#chosen
    if (s) {
      const { width, height } = this.#layer.getBoundingClientRect()
      const between = this.#layer.querySelectorAll<HTMLElement>('.between')
      for (const [i, b] of this.#layer.querySelectorAll<HTMLElement>('.corner').entries()) {
        const [a, c] = [s.corners[i] as Corner, s.corners[(i + 1) % s.corners.length] as Corner]
        put(b, a)
        put(between[i], [(a[0] + c[0]) / 2, (a[1] + c[1]) / 2])
        if (between[i]) between[i].hidden = Math.hypot(((a[0] - c[0]) * width) / 1000, ((a[1] - c[1]) * height) / 1000) < roomy
      }
    }
    this.#text.value = write(this.all)
  }
}

function put(e: HTMLElement | undefined, [x, y]: Corner): void {
  if (e) Object.assign(e.style, { left: `${x / 10}%`, top: `${y / 10}%` })
}

function mark(label: string): HTMLElement {
  const b = document.createElement('span')
  b.className = 'mark'
  b.textContent = label
  return b
}

function handle(kind: string, label: string): HTMLButtonElement {
  const b = document.createElement('button')
  b.type = 'button'
  b.className = kind
  b.setAttribute('aria-label', label)
  return b
}

function button(label: string, press: () => void): HTMLButtonElement {
  const b = document.createElement('button')
  b.type = 'button'
  b.className = 'btn'
  b.textContent = label
  b.addEventListener('click', press)
  return b
}
