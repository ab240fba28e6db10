/** Marks what only exists on the driver, so that code shipping refuses to capture it and can say what it is. */
export const DRIVER_ONLY: unique symbol = Symbol.for('dunlin.driver-only')
