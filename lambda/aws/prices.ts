/** What AWS asks for, by region, as far as it has been looked up, with the date on which it was. */

export type Architecture = 'x86_64' | 'arm64'

/** Dollars. */
export interface AwsPrices {
  /** When this was looked up: year and month. */
  readonly date: string
  readonly perGbSecond: Readonly<Record<Architecture, number>>
  readonly perInvocation: number
  /** PUT, COPY, POST and LIST, for each request. */
  readonly perPut: number
  readonly perGet: number
}

/** Sources: aws.amazon.com/lambda/pricing and aws.amazon.com/s3/pricing. */
const PRICES: Readonly<Record<string, AwsPrices>> = {
  'us-east-1': {
    date: '2026-11',
    perGbSecond: { x86_64: 0.000_016_666_7, arm64: 0.000_013_333_4 },
    perInvocation: 0.2e-6,
    perPut: 5e-6,
    perGet: 0.4e-6,
  },
}
const DEFAULT_REGION = 'us-east-1'

export interface PricesOf extends AwsPrices {
  /** The region that the prices are of: another one than asked for where those are not known. */
  readonly region: string
}

/**
 * @example
 * pricesOf('us-east-1').perInvocation // 2e-7
 */
export function pricesOf(region: string, own: Partial<AwsPrices> = {}): PricesOf {
  const known = PRICES[region] === undefined ? DEFAULT_REGION : region
  return { region: known, ...PRICES[known]!, ...own }
}
