/** What Lambda writes to a bucket about an event that failed for good: its name and its text, as AWS has them. */
import { randomUUID } from 'node:crypto'
import type { FailedEvent } from './event-queue.ts'

export interface FailureRecord {
  /** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` */
  readonly key: string
  readonly text: string
}

export function failureRecord(failed: FailedEvent, functionName: string, arn: string): FailureRecord {
  const { event, condition, invokeCount, outcome } = failed
  const [day, time] = new Date().toISOString().slice(0, 19).split('T') as [string, string]
  const folder = `aws/lambda/async/${functionName}/${day.replaceAll('-', '/')}/`
  const record = {
    version: '1.0',
    timestamp: `${day}T${time}.000Z`,
    requestContext: {
      requestId: event.id,
      functionArn: `${arn}:$LATEST`,
      condition,
      approximateInvokeCount: invokeCount,
    },
    requestPayload: json(event.payload),
    ...(outcome === null
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: '$LATEST',
            functionError: outcome.functionError,
          },
          responsePayload: json(outcome.payload),
        }),
  }
  return { key: `${folder}${day}T${time.replaceAll(':', '.')}-${randomUUID()}`, text: JSON.stringify(record) }
}

const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString())
