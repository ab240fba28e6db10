/** Marks what only exists on the driver, so that code shipping refuses to capture it and can say what it is. */
export const DRIVER_ONLY: unique symbol = Symbol.for('dunlin.driver-only')

/** Marks an object that has no class of its own. */
export function driverOnly<T extends object>(what: string, value: T): T {
  return Object.assign(value, { [DRIVER_ONLY]: what })
}
