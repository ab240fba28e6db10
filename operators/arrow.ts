/** The second door of the operators: the Arrow codec, apart because it loads apache-arrow. */
export * from './ipc/arrow-file.ts'
export * from './ipc/arrow-table.ts'
