/** Medians and percentiles of measured figures. */

/** The value that `share` of all values do not exceed (nearest rank). Throws RangeError where there is none. */
export function percentile(values: readonly number[] | Float64Array, share: number): number {
	const sorted = Float64Array.from(values).sort();
	const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
	if (value === undefined) throw new RangeError("no values to take a percentile of");
	return value;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** To as many decimals as say something. */
export const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals));
