/** What AWS asks for, by region, as far as it has been looked up, with the date on which it was. */
import type { EngineFacts } from '../../src/worker.ts'
import type { Architecture } from './deployment.ts'

/** Dollars. Storage and traffic out of the region are not among them. */
export interface AwsPrices {
  /** When this was looked up: year and month. */
  readonly date: string
  readonly perGbSecond: Readonly<Record<Architecture, number>>
  readonly perInvocation: number
  /** PUT, COPY, POST and LIST, for each request. */
  readonly perPut: number
  /** GET and HEAD. A DELETE costs nothing. */
  readonly perGet: number
}

/** Those of a region, or those that it is estimated by. */
export interface RegionPrices extends AwsPrices {
  /** The region that the prices are of: another one than asked for where those are not known. */
  readonly region: string
}

/**
 * Sources: aws.amazon.com/lambda/pricing (first tier of use; a millisecond is the unit, initialisation is billed) and
 * aws.amazon.com/s3/pricing (S3 Standard). Other regions ask for more or less, and are not listed in either.
 */
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

/**
 * The prices of a region, in dollars; of one that is not known, those of us-east-1, which `region` then says.
 *
 * @param own what is known better, by agreement or by a later look
 *
 * @example
 * pricesOf('eu-central-1', { perGet: 0.43e-6 }).region // 'us-east-1'
 */
export function pricesOf(region: string, own: Partial<AwsPrices> = {}): RegionPrices {
  const known = Object.hasOwn(PRICES, region) ? region : DEFAULT_REGION
  return { region: known, ...PRICES[known]!, ...own }
}

/**
 * Prices as planner and report take them.
 *
 * @example
 * engineDollars(pricesOf('us-east-1'), 'arm64').priced // 'us-east-1, 2026-11'
 */
export function engineDollars(prices: RegionPrices, architecture: Architecture): EngineFacts['dollars'] {
  const { region, date, perGbSecond, perInvocation, perGet, perPut } = prices
  return {
    perGbSecond: perGbSecond[architecture],
    perTask: perInvocation,
    perGet,
    perPut,
    priced: `${region}, ${date}`,
  }
}
