/** The mark that only `risk/` puts on an order: a broker accepts nothing without it. */

declare const approvedBrand: unique symbol;

/** An order that passed every risk rule. Minted in `risk/approve.ts` and nowhere else (a test holds that). */
export type Approved<T> = T & { readonly [approvedBrand]: true };
