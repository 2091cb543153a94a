// Several films share a few connections: a browser has six for a server, and the
// page needs some of them for other things.
import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js'

/** Lets as many requests go at once as it is wide; the others wait in their order. */
export class Gate {
  #waiting: (() => void)[] = []

  constructor(private free: number) {}

  /** Calls go once there is room, which is to be given back by leave; returns what gives up waiting. */
  enter(go: () => void): () => void {
    const begin = () => {
      this.free--
      go()
    }
    if (this.free > 0) begin()
    else this.#waiting.push(begin)
    return () => (this.#waiting = this.#waiting.filter((w) => w !== begin))
  }

  /** What work comes to, which begins once there is room. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((go) => this.enter(go))
    try {
      return await work()
    } finally {
      this.leave()
    }
  }

  leave(): void {
    this.free++
    if (this.free > 0) this.#waiting.shift()?.()
  }
}

type Loading = Loader<LoaderContext>
type Loaders = new (...more: ConstructorParameters<new (config: never) => Loading>) => Loading

/** Loaders of hls.js whose requests go through a gate. */
export function through<L extends Loaders>(gate: Gate, loader: L): L {
  const Base = loader as Loaders
  class Gated extends Base {
    #goes = false
    #forget = () => {}

    load(context: LoaderContext, config: LoaderConfiguration, on: LoaderCallbacks<LoaderContext>): void {
      const over = <A extends unknown[]>(told?: (...a: A) => void) => (...a: A) => {
        this.#leave()
        told?.(...a)
      }
      const all = { ...on, onSuccess: over(on.onSuccess), onError: over(on.onError), onTimeout: over(on.onTimeout), onAbort: over(on.onAbort) }
      this.#forget = gate.enter(() => {
        this.#goes = true
        super.load(context, config, all)
      })
    }

    abort(): void {
      this.#leave()
      super.abort()
    }

    destroy(): void {
      this.#leave()
      super.destroy()
    }

    #leave(): void {
      this.#forget()
      if (this.#goes) gate.leave()
      this.#goes = false
    }
  }
  return Gated as unknown as L
}
