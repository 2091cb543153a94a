// How fast footage can be played.
const speeds = [1, 2, 4, 8, 0.5]

/** The speed that follows one; after the fastest comes the slow one. */
export const faster = (speed: number): number => speeds[(speeds.indexOf(speed) + 1) % speeds.length]
