const by = 3

export const triple = (n: number): number => n * by
