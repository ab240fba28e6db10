/** The door of the stateless function and the clouds that run it. */
export {
  ANSWER_MARGIN_MS,
  createHandler,
  type Invocation,
  type PortsOf,
  parseTaskEvent,
} from './handler.ts'
