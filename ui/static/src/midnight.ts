/** The first instant, at or before ms, of the viewer's day. */
export const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0)

/** The first instant of the viewer's day after that of ms: 23 to 25 hours after the first of that, as a rule. */
export const nextMidnight = (ms: number): number => midnight(midnight(ms) + 30 * 3_600_000)
