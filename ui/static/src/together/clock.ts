// One clock for several films, and how each of them follows it. It knows nothing of
// videos, so that its sums can be looked after by themselves.

const close = 15 // ms beside the clock that nobody sees
const gain = 1.5 // how much faster a film runs that is behind, of what it is behind in s
const nudge = 0.25 // no more than this: a film that is seen to hurry tells of another pace
const ahead = 300 // ms from which it is better to wait than to slow down
const far = 1000 // ms from which it is better to jump

/** The instant of the past that is shown, in ms since 1970; now is always that of performance.now(). */
export class Clock {
  #since?: number
  #rate = 1

  constructor(private at0: number) {}

  at(now: number): number {
    return this.#since === undefined ? this.at0 : this.at0 + (now - this.#since) * this.#rate
  }

  get runs(): boolean {
    return this.#since !== undefined
  }

  get rate(): number {
    return this.#rate
  }

  set(at: number, now: number): void {
    this.at0 = at
    if (this.runs) this.#since = now
  }

  run(now: number): void {
    this.#since ??= now
  }

  stop(now: number): void {
    this.at0 = this.at(now)
    this.#since = undefined
  }

  pace(rate: number, now: number): void {
    this.set(this.at(now), now)
    this.#rate = rate
  }
}

/** What a film does that is drift ms ahead of its clock: jumps, waits, or runs at some rate. */
export function follow(drift: number, rate: number): 'jump' | 'wait' | number {
  const scale = Math.max(rate, 1) // a second of film is over sooner
  if (Math.abs(drift) > far * scale) return 'jump'
  if (drift > ahead * scale) return 'wait'
  if (Math.abs(drift) <= close * scale) return rate
  const by = (-drift / 1000 / rate) * gain
  return rate * (1 + Math.min(Math.max(by, -nudge), nudge))
}

const grace = 150 // ms in which a film gets over it by itself
const longest = 2000 // ms for which the others wait
const steady = 10_000 // ms after which they would again

/** How long the others wait for a film that has no picture. */
export class Patience {
  late = false // they went on without it
  #since?: number // when it began to lack one
  #well = -Infinity // when it had one again
  #spent = false

  /** Takes note of whether it lacks a picture now; reports whether the others wait. */
  waits(lacks: boolean, now: number): boolean {
    if (!lacks) {
      if (this.#since !== undefined) this.#well = now
      this.#since = undefined
      this.late = false
      if (now - this.#well > steady) this.#spent = false
      return false
    }
    this.#since ??= now
    const long = now - this.#since
    this.late = long > longest
    this.#spent ||= this.late
    return long > grace && !this.#spent
  }

  /** A person asked for something else: all begin anew. */
  renew(): void {
    this.#spent = false
    this.#since = undefined
    this.late = false
  }
}
