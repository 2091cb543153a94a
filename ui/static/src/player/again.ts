// How a live stream goes on when its connection breaks.
const first = 1000 // ms until it is tried again
const most = 10_000 // ms that wait grows to, by doubling
const steady = 30_000 // ms that a connection has to last for the wait to be short again

/** Runs once over and over, until it returns something or signal ends it; lost is called in between. */
export async function again<T>(signal: AbortSignal, once: () => Promise<T | undefined>, lost: () => void): Promise<T | undefined> {
  for (let wait = first; ; wait = Math.min(wait * 2, most)) {
    const begun = Date.now()
    const end = await once().catch(() => undefined)
    if (signal.aborted || end !== undefined) return end
    lost()
    if (Date.now() - begun > steady) wait = first
    await new Promise((done) => setTimeout(done, wait))
    if (signal.aborted) return undefined
  }
}
