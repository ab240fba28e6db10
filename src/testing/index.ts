/** The door `dunlin/testing`: an engine in memory, faults by a plan, a clock that the test moves. */
export { FakeClock } from './fake-clock.ts'
export type { FaultKind, FaultPlan } from './fault-plan.ts'
export { type TestEngine, type TestEngineOptions, testEngine } from './test-engine.ts'
