/** An answer about the list that does not come in this time is given up, and asked for again. */
export const answerMs = 40_000
