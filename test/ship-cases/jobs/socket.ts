import { Socket } from 'node:net'
import { same } from './same.ts'

const cfg = { db: { conn: new Socket() } }

await same(() => cfg.db.conn.destroyed)
