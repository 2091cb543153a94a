// What time it is at the recorder, whose clock may be another than this
// machine's. Whatever it stamps comes here later than it was stamped, so the
// stamp that was under way for the shortest time says it best.
let ahead = -Infinity // ms by which the recorder's clock is ahead of performance.now()

/** Takes note of a stamp of the recorder's, in ms since 1970, as it arrives, or of when it did. */
export function heard(stamp: number, at = performance.now()): void {
  if (stamp) ahead = Math.max(ahead, stamp - at)
}

/** The recorder's time in ms since 1970; -Infinity while it is not known. */
export const recorderNow = (): number => performance.now() + ahead

// A clock that was set back in the meantime is noticed when one looks again.
document.addEventListener('visibilitychange', () => document.hidden && (ahead = -Infinity))
