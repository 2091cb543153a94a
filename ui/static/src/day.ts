// The list of the day that is shown, as the server renders it.
import { midnight } from './midnight'
import { refresh } from './parts'
import { fromLocal, show, toLocal } from './time'

export class Day {
  #day = 0
  #loading?: AbortController

  constructor(
    private readonly heading: HTMLElement,
    private readonly date: HTMLInputElement,
    private readonly address: () => URL,
  ) {}

  /** Takes the date that was typed; returns its first instant. */
  typed(): number {
    this.date.defaultValue = this.date.value
    return fromLocal(`${this.date.value}T00:00:00`)
  }

  /** Follows the instant that is shown. */
  follow(at: number): void {
    const text = show(at, 'date')
    if (this.heading.textContent !== text) this.heading.textContent = text
    if (midnight(at) === this.#day) return
    const first = this.#day === 0
    this.#day = midnight(at)
    // What is being typed stays.
    if (this.date.value === this.date.defaultValue) this.date.value = this.date.defaultValue = toLocal(at).slice(0, 10)
    if (first) return // the page came with it
    this.#loading?.abort()
    this.#loading = new AbortController()
    const { signal } = this.#loading
    setTimeout(() => signal.aborted || void this.refresh(signal), 300)
  }

  async refresh(signal?: AbortSignal): Promise<void> {
    await refresh(this.address(), signal)
  }
}
