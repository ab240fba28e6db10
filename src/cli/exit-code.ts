/** What the process ends with. */

export const EXIT = {
  ok: 0,
  jobFailed: 1,
  usage: 2,
  configuration: 3,
  interrupted: 130,
  terminated: 143,
} as const
