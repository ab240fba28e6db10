/** mayPass: whether publishing can go on after a failure, by itself or when somebody has made room: then all stays for that. */
import type { Failure } from '../../operators/index.ts'

export const mayPass = ({ code, retryable }: Pick<Failure, 'code' | 'retryable'>): boolean =>
  retryable || code === 'NO_SPACE'
