/** Making task states: a task that was never launched, and one that is to be made again. */
import { type TaskState, type Tries, unansweredAttempts } from './state.ts'

const NO_TRIES: Tries = { launched: 0, failed: 0, throttled: 0, outOfMemory: 0 }
const NO_ATTEMPTS: readonly number[] = []

/** Never launched; of generation 0, one object that all tasks of a job share. */
export const UNTRIED: TaskState = {
  state: 'pending',
  generation: 0,
  tries: NO_TRIES,
  stray: NO_ATTEMPTS,
}

export function untried(generation: number): TaskState {
  return generation === 0 ? UNTRIED : { ...UNTRIED, generation }
}

/** The task as it waits for a slot. Attempts that run are waited for no more. */
export function pending(task: TaskState, generation = task.generation): TaskState {
  return {
    state: 'pending',
    generation,
    tries: generation === task.generation ? task.tries : cleared(task.tries),
    stray: unansweredAttempts(task),
  }
}

/** A new generation begins with a clean record; attempts are counted on, so that no two have one number. */
function cleared({ launched, lost, memoryMb }: Tries): Tries {
  return {
    ...NO_TRIES,
    launched,
    ...(lost === undefined ? {} : { lost }),
    ...(memoryMb === undefined ? {} : { memoryMb }),
  }
}

/** Of these tasks, and of others that all have generation `least`. */
export function highestGeneration(tasks: Iterable<TaskState>, least = 0): number {
  let highest = least
  for (const { generation } of tasks) highest = Math.max(highest, generation)
  return highest
}
