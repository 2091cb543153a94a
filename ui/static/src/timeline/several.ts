// What several cameras recorded, on one strip: where any of them did there is
// footage, and where none did there is a gap.
import { say } from '../words'
import { Data, type Gap, Known } from './data'
import { highest, overlap, union } from './spans'
import type { View } from './view'

interface Camera {
  id: number
  name: string
}

export class Several extends Known {
  readonly each: Data[] // in the order of the cameras

  constructor(cameras: Camera[], changed: () => void) {
    super()
    this.each = cameras.map(({ id }) => new Data(id, () => 'main', () => {
      this.#merge(cameras)
      changed()
    }))
  }

  /** One after another: a browser has six connections, and films need them. */
  want(view: Pick<View, 'from' | 'to' | 'span'>): boolean {
    return this.each.some((data) => data.want(view))
  }

  #merge(cameras: Camera[]): void {
    this.footage = union(this.each.flatMap((d) => d.footage))
    this.gaps = this.each.map((d) => d.gaps).reduce((a, b) => overlap(a, b, both))
    Object.assign(this, highest(this.each))
    this.marks = this.each.flatMap((d, i) => d.marks.map((m) => ({ ...m, where: cameras[i].name }))).sort((a, b) => a.from - b.from)
  }
}

const both = (a: Gap, b: Gap): Gap => ({
  ...a, reason: a.reason === b.reason ? a.reason : say('none_here'), planned: a.planned && b.planned,
})
