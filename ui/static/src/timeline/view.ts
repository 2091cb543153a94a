// What stretch of time the strip shows. The playhead stands still; the film
// moves under it.
export const zooms: Record<string, number> = { '1h': 3.6e6, '6h': 21.6e6, '24h': 86.4e6, '7d': 604.8e6 }
const least = 5 * 60_000
const most = zooms['7d']

export class View {
  at = Date.now() // the instant under the playhead
  span = zooms['6h'] // ms from edge to edge
  width = 1 // CSS pixels

  /** Where the playhead stands: in the middle under a thumb, further right on a desk, where the past is what matters. */
  get head(): number {
    return this.width * (this.width < 700 ? 0.5 : 0.72)
  }

  get from(): number {
    return this.time(0)
  }

  get to(): number {
    return this.time(this.width)
  }

  time(x: number): number {
    return this.at + ((x - this.head) / this.width) * this.span
  }

  x(time: number): number {
    return this.head + ((time - this.at) / this.span) * this.width
  }

  zoom(span: number): void {
    this.span = Math.min(Math.max(span, least), most)
  }

  /** The name of the step that is shown, if it is one. */
  get step(): string | undefined {
    return Object.keys(zooms).find((z) => Math.abs(zooms[z] / this.span - 1) < 0.01)
  }
}
